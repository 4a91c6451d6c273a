import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryHeadStore } from '../../lib/adapters/local/head-memory.ts'
import { changeControl, checkedControl } from '../../lib/checkpoint/control.ts'
import { hasCode } from '../../lib/model/errors.ts'

const paused = { since: 1000, by: 'ann' }

test('where nobody has left word, nothing is wanted', () => {
  assert.deepEqual(checkedControl(null), { rev: 0, value: { paused: null, clearHalt: null } })
})

test('a record is read field by field: fields of a later build are left out, wrong ones are an error', () => {
  const value = { paused: { ...paused, colour: 'red' }, clearHalt: { epoch: 3 }, budget: 2 }
  assert.deepEqual(checkedControl({ rev: 4, value }), { rev: 4, value: { paused, clearHalt: { epoch: 3 } } })
  for (const wrong of [
    null,
    'paused',
    {},
    { paused: true, clearHalt: null },
    { paused: { since: 'now', by: 'ann' }, clearHalt: null },
    { paused: { since: 1 }, clearHalt: null },
    { paused: null, clearHalt: { epoch: -1 } },
  ])
    assert.throws(
      () => checkedControl({ rev: 1, value: wrong }),
      (error) => hasCode(error, 'E_CONTROL_CORRUPT'),
      JSON.stringify(wrong),
    )
})

test('two who change the record at the same moment both find their change in it', async () => {
  const store = new MemoryHeadStore<unknown>()
  await Promise.all([
    changeControl(store, (control) => ({ ...control, paused }), 'pause'),
    changeControl(store, (control) => ({ ...control, clearHalt: { epoch: 2 } }), 'resume'),
  ])
  assert.deepEqual(checkedControl(await store.read()).value, { paused, clearHalt: { epoch: 2 } })
})

test('a record that cannot be understood is written anew', async () => {
  const store = new MemoryHeadStore<unknown>()
  await store.cas(0, 'paused since yesterday', 'by hand')
  await changeControl(store, (control) => ({ ...control, paused }), 'pause')
  assert.deepEqual(checkedControl(await store.read()), { rev: 2, value: { paused, clearHalt: null } })
})

test('E_BUSY: where somebody else is quicker time and again, the change is given up', async () => {
  const store = new MemoryHeadStore<unknown>()
  let calls = 0
  const raced = {
    read: () => store.read(),
    close: () => store.close(),
    cas: async (): Promise<'refused'> => (calls++, 'refused'),
  }
  await assert.rejects(
    changeControl(raced, (control) => ({ ...control, paused }), 'pause'),
    { code: 'E_BUSY', retry: true },
  )
  assert.deepEqual([calls, await store.read()], [10, null])
})
