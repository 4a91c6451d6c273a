import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../lib/model/errors.ts'
import { ownCopy } from '../../lib/state/own-copy.ts'

test('B43: the promise of an async function is refused as a value that cannot be kept, not copied', async () => {
  const update = async (): Promise<number> => Promise.resolve(1)
  for (const value of [update(), { count: update() }, [update()]]) {
    assert.throws(
      () => ownCopy(value),
      (error) => hasCode(error, 'E_NOT_SERIALISABLE') && /Promise/.test(error.message),
    )
  }
})

test('a copy shares nothing with its value', () => {
  const value = { list: [1, { n: 2 }], map: new Map([['a', new Set([1])]]), at: new Date(5) }
  const copy = ownCopy(value)
  assert.deepEqual(copy, value)
  for (const part of ['list', 'map', 'at'] as const) assert.notEqual(copy[part], value[part])
  assert.notEqual(copy.list[1], value.list[1])
})
