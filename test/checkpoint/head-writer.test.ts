import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeadWriter } from '../../lib/checkpoint/head-writer.ts'
import { acquired, committed, halted, marked, released } from '../../lib/checkpoint/transition.ts'
import type { HeadStore } from '../../lib/host/head-store.ts'
import { MemoryHeadStore } from '../../lib/adapters/local/head-memory.ts'
import type { Head } from '../../lib/model/head.ts'
import { headWith, manifestRef } from './heads.ts'

type Weather = 'fine' | 'applies, answer lost' | 'refuses to answer' | 'arrives late'

async function writerOver(
  weather: readonly Weather[],
  head: Head = headWith(),
): Promise<{ store: MemoryHeadStore<Head>; writer: HeadWriter }> {
  const store = new MemoryHeadStore<Head>()
  await store.cas(0, head, 'create')
  return { store, writer: new HeadWriter(badLine(store, weather), { rev: 1, value: head }) }
}

/** A register behind a bad line: what happens to each write, in order; then the line is fine. */
function badLine(store: HeadStore<Head>, weather: readonly Weather[]): HeadStore<Head> {
  const late: (() => Promise<unknown>)[] = []
  let writes = 0
  return {
    read: () => store.read(),
    close: () => store.close(),
    cas: async (expected, value, cause) => {
      const today = weather[writes++] ?? 'fine'
      if (today === 'refuses to answer') throw new Error('connection refused')
      if (today === 'arrives late') {
        late.push(() => store.cas(expected, value, cause))
        throw new Error('timed out')
      }
      const outcome = await store.cas(expected, value, cause)
      for (const arrive of late.splice(0)) await arrive()
      if (today === 'applies, answer lost') throw new Error('connection reset')
      return outcome
    },
  }
}

const steps: readonly [cause: 'commit' | 'mark' | 'halt' | 'release', Head, Head][] = [
  ['commit', headWith(), committed(headWith(), { tick: 2, manifest: manifestRef(2), leaseUntil: 200 })],
  ['mark', headWith({ outDone: 0 }), marked(headWith({ outDone: 0 }), { owed: [], gcFloor: 0 })],
  ['halt', headWith(), halted(headWith(), 'a reason')],
  ['release', headWith(), released(headWith())],
]

for (const [cause, before, after] of steps) {
  for (const weather of ['fine', 'applies, answer lost', 'refuses to answer', 'arrives late'] as const) {
    test(`F06: a ${cause} is written once when the store ${weather === 'fine' ? 'answers' : weather}`, async () => {
      const { store, writer } = await writerOver([weather], before)
      await writer.write(after, cause)
      assert.deepEqual(await store.read(), { rev: 2, value: after })
      assert.deepEqual([writer.rev, writer.head], [2, after])
    })
  }
}

const mine = acquired(headWith(), {
  holder: 'me',
  leaseUntil: 300,
  graph: 'g1',
  conf: {},
  intervalMs: 1000,
  zeroTime: 0,
})

for (const weather of ['fine', 'applies, answer lost', 'refuses to answer', 'arrives late'] as const) {
  test(`F06: the head is taken once, and a first one made once, when the store ${weather}`, async () => {
    const store = new MemoryHeadStore<Head>()
    const first = await HeadWriter.acquire(badLine(store, [weather]), null, headWith(), 'create')
    assert.deepEqual([await store.read(), first.rev], [{ rev: 1, value: headWith() }, 1])
    const found = await store.read()
    const taken = await HeadWriter.acquire(badLine(store, [weather]), found, mine, 'acquire')
    assert.deepEqual([await store.read(), taken.rev, taken.head], [{ rev: 2, value: mine }, 2, mine])
  })
}

test('two processes that take the head at the same moment: one has it, the other is told who', async () => {
  for (const weather of ['fine', 'refuses to answer'] as const) {
    const store = new MemoryHeadStore<Head>()
    await store.cas(0, headWith(), 'create')
    const found = await store.read()
    await store.cas(1, { ...mine, holder: 'other' }, 'acquire')
    await assert.rejects(HeadWriter.acquire(badLine(store, [weather]), found, mine, 'acquire'), {
      code: 'E_BUSY',
      message: /other/,
    })
  }
})

test('F05, F07: a write behind another coordinator is fenced, whether it was refused or got no answer', async () => {
  for (const weather of ['fine', 'refuses to answer'] as const) {
    const { store, writer } = await writerOver([weather])
    const theirs = acquired(headWith(), {
      holder: 'other',
      leaseUntil: 300,
      graph: 'g1',
      conf: {},
      intervalMs: 1000,
      zeroTime: 0,
    })
    await store.cas(1, theirs, 'acquire')
    await assert.rejects(writer.write(steps[0][2], 'commit'), { code: 'E_FENCED' })
    assert.deepEqual((await store.read())!.value, theirs)
  }
})

test('a store that never answers is given up, and nothing was written', async () => {
  const { store, writer } = await writerOver(Array.from({ length: 9 }, () => 'refuses to answer' as const))
  await assert.rejects(writer.write(steps[0][2], 'commit'), { code: 'E_HEAD_UNREACHABLE' })
  assert.equal((await store.read())!.rev, 1)
})
