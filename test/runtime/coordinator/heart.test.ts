import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { MemoryHeadStore } from '../../../lib/adapters/local/head-memory.ts'
import { decideStart } from '../../../lib/checkpoint/decide.ts'
import { HeadWriter } from '../../../lib/checkpoint/head-writer.ts'
import { acquired } from '../../../lib/checkpoint/transition.ts'
import { silentLog } from '../../../lib/host/log.ts'
import type { Head } from '../../../lib/model/head.ts'
import { Heart } from '../../../lib/runtime/coordinator/heart.ts'
import { headWith } from '../../checkpoint/heads.ts'

async function held(): Promise<{ clock: ManualClock; store: MemoryHeadStore<Head>; writer: HeadWriter }> {
  const clock = new ManualClock(1000)
  const store = new MemoryHeadStore<Head>()
  const head = headWith({ leaseUntil: 31_000 })
  await store.cas(0, head, 'create')
  return { clock, store, writer: new HeadWriter(store, { rev: 1, value: head }, { clock, log: silentLog }) }
}

const other = { app: 'test', holder: 'other', isGone: () => false }

test('who works on a batch for ten minutes is never taken for dead; who ends it is, a lease later', async () => {
  const { clock, store, writer } = await held()
  const done = Promise.withResolvers<string>()
  const work = new Heart({ writer, clock, onFenced: () => assert.fail('nobody took over') }).during(() => done.promise)
  for (let second = 0; second < 600; second++) {
    await clock.advance(1000)
    const { value } = (await store.read())!
    assert.equal(decideStart(value, { ...other, now: clock.now() }).kind, 'busy', `after ${second + 1} s`)
  }
  const { rev, value } = (await store.read())!
  assert.equal(rev, 1 + 60, 'a sign of life every ten seconds')
  done.resolve('done')
  assert.equal(await work, 'done')
  await clock.advance(31_000)
  assert.equal((await store.read())!.rev, rev)
  assert.equal(decideStart(value, { ...other, now: clock.now() }).kind, 'acquire')
})

test('who was taken over meanwhile hears it from its own sign of life', async () => {
  const { clock, store, writer } = await held()
  const fenced = Promise.withResolvers<unknown>()
  const done = Promise.withResolvers<void>()
  const work = new Heart({ writer, clock, onFenced: fenced.resolve }).during(() => done.promise)
  const { graph, conf, intervalMs, zeroTime } = headWith()
  const by = { holder: 'other', leaseUntil: 1, graph, conf, intervalMs, zeroTime }
  await store.cas(1, acquired(headWith(), by), 'acquire')
  await clock.advance(10_000)
  assert.equal(((await fenced.promise) as { code: string }).code, 'E_FENCED')
  done.resolve()
  await work
})

test('work is not over while a sign of life is under way: nothing of it would go on afterwards', async () => {
  const { clock, store, writer } = await held()
  const answered = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  let asked = 0
  const slow = {
    isSilent: false,
    head: writer.head,
    writtenAt: writer.writtenAt,
    renew: async () => {
      asked++
      await answered.promise
      await writer.renew()
    },
  } as unknown as HeadWriter
  let isOver = false
  const heart = new Heart({ writer: slow, clock, onFenced: () => assert.fail('nobody took over') })
  const work = heart.during(() => done.promise).then(() => (isOver = true))
  await clock.advance(10_000)
  assert.equal(asked, 1)
  done.resolve()
  await clock.advance(0)
  assert.equal(isOver, false)
  answered.resolve()
  await work
  assert.equal((await store.read())!.rev, 2)
  heart.stop()
})

test('a thousand short batches set one timer, a long one is seen to live, who has stopped leaves none', async () => {
  const { clock, store, writer } = await held()
  const heart = new Heart({ writer, clock, onFenced: () => assert.fail('nobody took over') })
  for (let batch = 0; batch < 1000; batch++) {
    await heart.during(async () => {})
    assert.equal(clock.waiting, 1)
  }
  assert.equal((await store.read())!.rev, 1)
  await clock.advance(9000)
  const done = Promise.withResolvers<void>()
  const work = heart.during(() => done.promise)
  await clock.advance(1000)
  assert.equal((await store.read())!.rev, 2, 'ten seconds after the last write')
  done.resolve()
  await work
  await clock.advance(60_000)
  assert.equal((await store.read())!.rev, 2, 'who does nothing gives no sign of life')
  await heart.during(async () => {})
  heart.stop()
  await clock.advance(0)
  assert.equal(clock.waiting, 0)
})
