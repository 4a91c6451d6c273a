import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { encodeBlock } from '../../../lib/codec/block.ts'
import { hasCode, SluiceError } from '../../../lib/model/errors.ts'
import type { Json } from '../../../lib/model/json.ts'
import { settingsOf } from '../../../lib/model/settings/read.ts'
import { SparkConf } from '../../../lib/model/spark-conf.ts'
import { Receiver } from '../../../lib/source/receiver/receiver.ts'
import { receiverSource } from '../../../lib/source/receiver/receiver-source.ts'
import type { ReceiverInfo, Source, SourceIo } from '../../../lib/source/source.ts'
import type { Undecoded } from '../../../lib/source/undecoded.ts'
import { memoryIo, readAll, sourceContract } from '../../../lib/testing/contracts/source.ts'

class HandFed<T = string> extends Receiver<T> {
  readonly calls: string[] = []
  failing: Error | null = null

  onStart(): void | Promise<void> {
    this.calls.push('start')
    if (this.failing) throw this.failing
  }

  onStop(): void {
    this.calls.push('stop')
  }
}

interface Running<T> {
  readonly receiver: HandFed<T>
  readonly source: Source<T>
  readonly clock: ManualClock
  readonly io: SourceIo
  readonly events: string[]
  readonly infos: ReceiverInfo[]
  cut(position?: Json | null): Promise<{ position: Json; got: T[][] }>
}

async function running<T = string>({
  conf = {},
  io = memoryIo(),
  position = null,
  receiver = new HandFed<T>(),
}: {
  conf?: Record<string, string>
  io?: SourceIo
  position?: Json | null
  receiver?: HandFed<T>
} = {}): Promise<Running<T>> {
  const clock = io.clock as ManualClock
  const source = receiverSource<T>(receiver)
  const events: string[] = []
  const infos: ReceiverInfo[] = []
  const note =
    (event: string) =>
    (info: ReceiverInfo): void => {
      events.push(event)
      infos.push(info)
    }
  await source.receiver!.start({
    io,
    streamId: 7,
    position,
    settings: settingsOf(new SparkConf(conf)),
    events: { started: note('started'), error: note('error'), stopped: note('stopped'), exhausted: () => {} },
  })
  let last = position
  return {
    receiver,
    source,
    clock,
    io,
    events,
    infos,
    cut: async (from = last) => {
      const cut = (await source.cut({
        time: clock.now(),
        intervalMs: 1000,
        zeroTime: 0,
        position: from,
        limit: null,
        io,
      }))!
      last = cut.position
      return { position: cut.position, got: await Promise.all(cut.splits.map((split) => readAll(source, [split], io))) }
    },
  }
}

sourceContract('receiver', async () => {
  let now = await running()
  return {
    source: now.source,
    clock: now.clock,
    io: now.io,
    feed: (records) => now.receiver.store(records),
    restarted: async (position) => {
      now = await running({ io: now.io, position })
      return now.source
    },
  }
})

sourceContract('receiver of single records', async () => {
  const { source, clock, io, receiver } = await running()
  return {
    source,
    clock,
    io,
    feed: async (records) => {
      for (const record of records) receiver.store(record)
      await clock.advance(200)
    },
  }
})

test(
  'single records become a block per interval of the clock; many become a block at once; a partition ' + 'per block',
  async () => {
    const { receiver, clock, cut } = await running()
    receiver.store('a')
    receiver.store('b')
    await receiver.store(['c', 'd'])
    await clock.advance(200)
    receiver.store('e')
    await clock.advance(400)
    await receiver.store(['f', 'g'].values())
    receiver.store('h')
    await clock.advance(100)
    assert.deepEqual((await cut()).got, [['c', 'd'], ['a', 'b'], ['e'], ['f', 'g']])
    await clock.advance(100)
    assert.deepEqual((await cut()).got, [['h']])
  },
)

test('a batch knows its records before it is read', async () => {
  const { receiver, source, clock, io } = await running()
  await receiver.store(['a', 'b', 'c'])
  assert.equal(
    (await source.cut({ time: clock.now(), intervalMs: 1000, zeroTime: 0, position: null, limit: null, io }))!.records,
    3,
  )
})

test(
  'many records are durable before they count: when the store fails, the receiver hears of it and no ' +
    'batch has them',
  async () => {
    class Failing extends MemoryBlobStore {
      left = 1
      override putNew(key: string, bytes: Uint8Array): Promise<void> {
        return this.left-- > 0 ? super.putNew(key, bytes) : Promise.reject(new Error('no room'))
      }
    }
    const blobs = new Failing()
    const { receiver, clock, cut } = await running({ io: { ...memoryIo(), blobs } })
    await receiver.store(['kept'])
    const refused = assert.rejects(receiver.store(['lost']), /no room/)
    await clock.advance(5000)
    await refused
    blobs.left = 1
    await receiver.store(['later'])
    assert.deepEqual((await cut()).got, [['kept'], ['later']])
  },
)

test('a write whose answer was lost is not a failure: the block is there, once', async () => {
  class Forgetful extends MemoryBlobStore {
    lost = 1
    override async putNew(key: string, bytes: Uint8Array): Promise<void> {
      await super.putNew(key, bytes)
      if (this.lost-- > 0) throw new Error('connection reset')
    }
  }
  const { receiver, clock, cut } = await running({ io: { ...memoryIo(), blobs: new Forgetful() } })
  const stored = receiver.store(['a'])
  await clock.advance(5000)
  await stored
  assert.deepEqual((await cut()).got, [['a']])
})

test('blocks become known in their order, whichever is durable first', async () => {
  const releases: (() => void)[] = []
  class Slow extends MemoryBlobStore {
    override async putNew(key: string, bytes: Uint8Array): Promise<void> {
      await new Promise<void>((resolve) => releases.push(resolve))
      await super.putNew(key, bytes)
    }
  }
  const { receiver, clock, cut } = await running({ io: { ...memoryIo(), blobs: new Slow() } })
  const first = receiver.store(['first'])
  const second = receiver.store(['second'])
  await clock.advance(1)
  releases[1]()
  await clock.advance(1)
  assert.deepEqual((await cut()).got, [])
  releases[0]()
  await Promise.all([first, second])
  await clock.advance(1000)
  assert.deepEqual((await cut()).got, [['first'], ['second']])
})

test(
  'after a kill exactly the blocks of no committed batch are found again, those of several runs in the ' +
    'order of the runs',
  async () => {
    const io = memoryIo()
    const first = await running({ io })
    await first.receiver.store(['1a'])
    await first.receiver.store(['1b'])
    const committed = await first.cut()
    await first.receiver.store(['1c'])
    await first.cut() // planned, never committed
    await first.receiver.store(['1d'])

    await first.clock.advance(1000)
    const second = await running({ io, position: committed.position })
    assert.equal(second.source.receiver!.waiting(), 2)
    await second.receiver.store(['2a'])

    await first.clock.advance(1000)
    const third = await running({ io, position: committed.position })
    await third.receiver.store(['3a'])
    const cut = await third.cut()
    assert.deepEqual(cut.got, [['1c'], ['1d'], ['2a'], ['3a']])

    await third.source.committed!(cut.position, io)
    assert.deepEqual(await io.blobs.list(io.prefix), [])
    await third.receiver.store(['3b'])
    const { position } = await third.cut()
    assert.equal(
      Object.keys((position as { runs: object }).runs).length,
      3,
      'the runs that ended lately are remembered',
    )
  },
)

test('a block that comes back after it was read and deleted, put twice, is not read again', async () => {
  const io = memoryIo()
  const first = await running({ io })
  await first.receiver.store(['a'])
  const read = await first.cut()
  const [key] = await io.blobs.list(io.prefix)
  const bytes = await io.blobs.get(key)
  await first.source.committed!(read.position, io)

  await first.clock.advance(1000)
  const second = await running({ io, position: read.position })
  await second.receiver.store(['b'])
  const next = await second.cut()
  assert.deepEqual(next.got, [['b']])
  await second.source.committed!(next.position, io)

  await io.blobs.putNew(key, bytes)
  const third = await running({ io, position: next.position })
  assert.deepEqual([third.source.receiver!.waiting(), (await third.cut()).got], [0, []])
})

test('a run of a clock that was set back is remembered while it goes on, also by a batch without blocks', async () => {
  const ended = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`00999999999999${i}-later`, 1]))
  const { receiver, source, clock, io, cut } = await running({ position: { runs: ended } })
  for (const records of [['a'], ['b'], [], ['c']]) {
    if (records.length > 0) await receiver.store(records)
    const { position, got } = await cut()
    assert.deepEqual(got.flat(), records)
    assert.equal(Object.keys((position as { runs: object }).runs).filter((run) => !run.endsWith('-later')).length, 1)
    await source.committed!(position, io)
    assert.deepEqual(await io.blobs.list(io.prefix), [])
    await clock.advance(1000)
  }
})

test('a position remembers the newest runs that have ended, and not all of them', async () => {
  const io = memoryIo()
  let position: Json | null = null
  const all: string[] = []
  for (let i = 0; i < 20; i++) {
    const life: Awaited<ReturnType<typeof running<string>>> = await running({ io, position })
    await life.clock.advance(1000 * (i + 1))
    await life.receiver.store([`record ${i}`])
    position = (await life.cut()).position
    all.push(...Object.keys((position as { runs: object }).runs).filter((run) => !all.includes(run)))
    await life.source.committed!(position, io)
  }
  const kept = Object.keys((position as { runs: object }).runs)
  assert.ok(kept.length <= 10)
  assert.deepEqual(kept.toSorted(), all.slice(-kept.length).toSorted())
  assert.ok(kept.length >= 8)
})

test('blocks are deleted up to the committed position and no further', async () => {
  const { receiver, source, io, cut, clock } = await running()
  await receiver.store(['a'])
  const first = await cut()
  await clock.advance(1000)
  await receiver.store(['b'])
  await cut()
  await receiver.store(['c'])
  await source.committed!(first.position, io)
  assert.equal((await io.blobs.list(io.prefix)).length, 2)
})

test('a run whose blocks were all taken and deleted stays in the position while it goes on', async () => {
  const { receiver, source, io, cut, clock } = await running()
  await receiver.store(['a'])
  const first = await cut()
  await source.committed!(first.position, io)
  await clock.advance(1000)
  assert.deepEqual(await io.blobs.list(io.prefix), [])
  const second = await cut()
  assert.deepEqual(second, { position: first.position, got: [] })
  await receiver.store(['b'])
  await clock.advance(1000)
  assert.deepEqual((await cut()).got, [['b']])
})

test('asking twice for one batch gives the same blocks, although others came in between', async () => {
  const { receiver, cut } = await running()
  await receiver.store(['a'])
  assert.deepEqual((await cut(null)).got, [['a']])
  await receiver.store(['b'])
  assert.deepEqual((await cut(null)).got, [['a']])
})

test('stopping stores what was handed over; later records are refused or dropped, not half stored', async () => {
  const { receiver, source, cut, events } = await running()
  receiver.store('a')
  await source.receiver!.stop(true)
  assert.deepEqual([receiver.isStopped(), receiver.calls, events], [true, ['start', 'stop'], ['started', 'stopped']])
  assert.equal(receiver.store('b'), false)
  await assert.rejects(receiver.store(['c']), (error) => hasCode(error, 'E_RECEIVER_STATE'))
  assert.equal(source.receiver!.waiting(), 1)
  assert.deepEqual((await cut()).got, [['a']])
})

test('a graceful stop right after the start does not hang', async () => {
  const { source } = await running()
  await Promise.all([source.receiver!.stop(true), source.receiver!.stop(true)])
})

test('a receiver that counts as fast as it can: what was processed is exactly what it counted', async () => {
  class Counting extends HandFed<number> {
    counter = 0
    override async onStart(): Promise<void> {
      while (!this.isStopped()) {
        if (!this.store(++this.counter)) await this.ready()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
  const receiver = new Counting()
  const { source, clock, cut } = await running<number>({ receiver })
  await clock.advance(1000)
  const got = (await cut()).got.flat()
  await clock.advance(300)
  await source.receiver!.stop(true)
  got.push(...(await cut()).got.flat())
  assert.deepEqual(
    got,
    Array.from({ length: receiver.counter }, (_, i) => i + 1),
  )
})

test('listeners hear of the start, of errors, and of the end with its reason', async () => {
  const { receiver, events, infos, clock } = await running()
  await clock.advance(10)
  receiver.reportError('test report error', new Error('test report exception'))
  receiver.stop('test stop error')
  await clock.advance(5000)
  assert.deepEqual(events, ['started', 'error', 'stopped'])
  assert.deepEqual(
    infos.map(({ streamId, name, active }) => [streamId, name, active]),
    [
      [7, 'HandFed-7', true],
      [7, 'HandFed-7', true],
      [7, 'HandFed-7', false],
    ],
  )
  assert.match(infos[1].lastError, /test report exception/)
  assert.deepEqual(
    [infos[1].lastErrorMessage, infos[1].lastErrorTime, infos[0].lastErrorTime],
    ['test report error', 10, -1],
  )
  assert.equal(infos[2].lastErrorMessage, 'test stop error')
})

test('a restart stops, waits for the delay, and starts again; what was stored stays', async () => {
  const { receiver, clock, events, cut } = await running()
  receiver.store('before')
  receiver.restart('connection lost', new Error('reset'))
  await clock.advance(1999)
  assert.deepEqual([receiver.calls, receiver.isStopped()], [['start', 'stop'], true])
  await clock.advance(1)
  assert.deepEqual([receiver.calls, receiver.isStarted()], [['start', 'stop', 'start'], true])
  receiver.restart('again', undefined, 10)
  await clock.advance(10)
  assert.equal(receiver.calls.length, 5)
  assert.deepEqual(events, ['started', 'stopped', 'started', 'stopped', 'started'])
  assert.deepEqual((await cut()).got, [['before']])
})

test('a receiver that stops is started again only where the settings say so', async () => {
  const once = await running()
  once.receiver.stop('done')
  await once.clock.advance(10_000)
  assert.deepEqual(once.receiver.calls, ['start', 'stop'])
  const again = await running({ conf: { 'sluice.receiver.relaunch': 'true' } })
  again.receiver.stop('done')
  await again.clock.advance(2000)
  assert.deepEqual(again.receiver.calls, ['start', 'stop', 'start'])
})

test('a start that fails, thrown or rejected, is tried again with growing waits until it receives', async () => {
  class Rejecting extends HandFed {
    override async onStart(): Promise<void> {
      await super.onStart()
    }
  }
  for (const receiver of [new HandFed(), new Rejecting()]) {
    receiver.failing = new Error('no such host')
    const { infos, clock, source } = await running({ receiver })
    await clock.advance(0)
    assert.deepEqual(receiver.calls, ['start', 'stop'])
    assert.match(infos.at(-1)!.lastErrorMessage, /^Error starting receiver 7 - no such host$/)
    const starts: number[] = []
    for (let seconds = 1; seconds <= 30; seconds++) {
      const before = receiver.calls.length
      await clock.advance(1000)
      if (receiver.calls.length > before) starts.push(seconds)
    }
    assert.deepEqual(starts, [2, 6, 14, 30])
    await source.receiver!.stop(true)
    assert.match(String(source.receiver!.failure!()?.message), /^\w+-7 does not receive: .*: no such host\.$/)
  }
  const late = new HandFed()
  late.failing = new Error('no such host')
  const { clock, source } = await running({ receiver: late })
  late.failing = null
  await clock.advance(2000)
  assert.deepEqual(late.calls, ['start', 'stop', 'start'])
  await source.receiver!.stop(true)
  assert.equal(source.receiver!.failure!(), null)
})

test('a receiver that has received since is started again as soon as one that never failed', async () => {
  const receiver = new HandFed()
  receiver.failing = new Error('no such host')
  const { clock, source } = await running({ receiver })
  await clock.advance(10_000)
  receiver.failing = null
  await clock.advance(60_000)
  receiver.store('a')
  receiver.failing = new Error('no such host')
  receiver.restart('the other side has hung up')
  await clock.advance(2000)
  const before = receiver.calls.length
  await clock.advance(2000)
  assert.deepEqual(receiver.calls.slice(before), ['start', 'stop'])
  await source.receiver!.stop(true)
})

test('at its end a receiver says that it had stopped with an error, or never came to receive', async () => {
  const ended = async (does: (receiver: HandFed) => void): Promise<string | undefined> => {
    const { receiver, source, clock } = await running()
    does(receiver)
    await clock.advance(100)
    await source.receiver!.stop(true)
    return source.receiver!.failure!()?.code
  }
  assert.equal(await ended((receiver) => receiver.stop('enough')), undefined)
  assert.equal(await ended((receiver) => receiver.stop('no', new Error('broken'))), 'E_RECEIVER')
  assert.equal(await ended((receiver) => receiver.restart('no', new Error('refused'))), 'E_RECEIVER')
  assert.equal(await ended((receiver) => receiver.restart('the other side has ended')), undefined)
  const afterRecords = (receiver: HandFed): void => {
    receiver.store('a')
    receiver.restart('no', new Error('refused'))
  }
  assert.equal(await ended(afterRecords), undefined)
  const reports = (receiver: HandFed): void => receiver.reportError('the service did not answer', new Error('refused'))
  assert.equal(await ended(reports), 'E_RECEIVER')
  assert.equal(await ended((receiver) => receiver.reportError('no answer')), 'E_RECEIVER')
  const reportsThenReceives = (receiver: HandFed): void => {
    reports(receiver)
    receiver.store('a')
    reports(receiver)
  }
  assert.equal(await ended(reportsThenReceives), undefined)
  const reportsThenEnds = (receiver: HandFed): void => {
    reports(receiver)
    receiver.stop('enough')
  }
  assert.equal(await ended(reportsThenEnds), undefined)
})

test('a receiver of whose records none could be stored says so at its end, unless letters are kept', async () => {
  const unstorable = () => 1
  const failureOf = async (records: readonly unknown[], conf: Record<string, string> = {}): Promise<unknown> => {
    const { receiver, source, clock } = await running<unknown>({ conf })
    for (const record of records) receiver.storeOne(record)
    await clock.advance(300)
    await source.receiver!.stop(true)
    return source.receiver!.failure!()
  }
  for (const records of [[unstorable], [unstorable, unstorable, unstorable, unstorable, unstorable]]) {
    const failure = await failureOf(records)
    assert.ok(hasCode(failure, 'E_RECEIVER'))
    const none = records.length === 1 ? 'the one record that it was given could not' : 'none of 5 records could'
    assert.ok(failure.message.startsWith(`HandFed-7 has stored nothing: ${none} be stored: `), failure.message)
  }
  assert.equal(await failureOf([unstorable, 'a']), null)
  assert.equal(await failureOf([unstorable], { 'sluice.onError': 'dead-letter' }), null)
  assert.equal(await failureOf([]), null)
})

test('a receiver that refused all that came says so at its end, also where it has polled in vain', async () => {
  const { receiver, source } = await running()
  await receiver.store([])
  receiver.refuse('x', new Error('no text'))
  await source.receiver!.stop(true)
  assert.match(
    String(source.receiver!.failure!()?.message),
    /nothing: the one record that it was given could not be stored: no text/,
  )
})

test('a record that cannot be stored is reported and leaves its neighbours alone', async () => {
  const { receiver, clock, events, cut } = await running<unknown>()
  for (const record of ['a', () => 1, 'b', 'c']) receiver.storeOne(record)
  await clock.advance(200)
  assert.deepEqual((await cut()).got.flat(), ['a', 'b', 'c'])
  assert.deepEqual(events, ['started', 'error'])
})

test('a record that is an array goes by storeOne; pairs in an array are many', async () => {
  const { receiver, clock, cut } = await running<[string, number]>()
  receiver.storeOne(['a', 1])
  await clock.advance(200)
  await receiver.store([
    ['b', 2],
    ['c', 3],
  ])
  assert.deepEqual((await cut()).got, [
    [['a', 1]],
    [
      ['b', 2],
      ['c', 3],
    ],
  ])
})

test('bytes that are a block are its records; other bytes are one record', async () => {
  const { receiver, cut } = await running<unknown>()
  await receiver.storeBytes(encodeBlock([{ section: 0, columns: [['x', 'y']], count: 2 }]), { from: 1 })
  await receiver.storeBytes(Uint8Array.of(1, 2, 3))
  assert.deepEqual((await cut()).got, [['x', 'y'], [Uint8Array.of(1, 2, 3)]])
})

test('over the rate, records are taken but asked to wait; the rate can change, within the maximum', async () => {
  const { receiver, source, clock } = await running({ conf: { 'spark.streaming.receiver.maxRate': '10' } })
  const resumed: number[] = []
  const storeAll = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      if (receiver.store('x')) continue
      await receiver.ready()
      resumed.push(clock.now())
    }
  }
  const first = storeAll(3)
  await clock.advance(300)
  await first
  assert.deepEqual(resumed, [100, 200, 300])
  source.receiver!.updateRate(-5)
  source.receiver!.updateRate(4)
  const second = storeAll(2)
  await clock.advance(500)
  await second
  source.receiver!.updateRate(1000)
  const third = storeAll(1)
  await clock.advance(100)
  await third
  assert.deepEqual(resumed.slice(3), [550, 800, 900])
})

test('while the queue of blocks is full, records wait; nothing is lost', async () => {
  const releases: (() => void)[] = []
  class Slow extends MemoryBlobStore {
    override async putNew(key: string, bytes: Uint8Array): Promise<void> {
      await new Promise<void>((resolve) => releases.push(resolve))
      await super.putNew(key, bytes)
    }
  }
  const clock = new ManualClock()
  const io = { ...memoryIo(clock), blobs: new Slow(), random: new SeededRandom(3) }
  const { receiver, source, cut } = await running({ io, conf: { 'spark.streaming.blockQueueSize': '2' } })
  let wentOn = false
  for (let i = 0; i < 8; i++) {
    if (!receiver.store(`${i}`))
      void receiver.ready().then(() => {
        wentOn = true
      })
    await clock.advance(200)
  }
  assert.equal(wentOn, false)
  const stopped = source.receiver!.stop(true)
  for (let i = 0; i < 20; i++) {
    releases.shift()?.()
    await clock.advance(1)
  }
  await stopped
  assert.equal(wentOn, true)
  assert.deepEqual((await cut()).got.flat(), ['0', '1', '2', '3', '4', '5', '6', '7'])
})

test('a stop is over when the last block is stored, and not before: the process may end then', async () => {
  const stored = Promise.withResolvers<void>()
  class Slow extends MemoryBlobStore {
    override async putNew(key: string, bytes: Uint8Array): Promise<void> {
      await stored.promise
      await super.putNew(key, bytes)
    }
  }
  const clock = new ManualClock()
  const { receiver, source, cut } = await running({ io: { ...memoryIo(clock), blobs: new Slow() } })
  receiver.store('a')
  let isOver = false
  const stopped = source.receiver!.stop(true).then(() => (isOver = true))
  await clock.advance(1000)
  assert.equal(isOver, false)
  stored.resolve()
  await stopped
  assert.deepEqual((await cut()).got, [['a']])
})

class Reading {
  readonly value = 1
}

test('a record that cannot be stored is said with its code and look, and counted; others are stored', async () => {
  const said: Record<string, unknown>[] = []
  const clock = new ManualClock()
  const log = { event: (event: Record<string, unknown>) => void said.push(event) }
  const { receiver, cut } = await running({ io: { ...memoryIo(clock), log } as SourceIo })
  for (const record of ['a', new Reading(), () => 1, new Date(NaN), 'b']) receiver.store(record as string)
  await clock.advance(1000)
  assert.deepEqual(
    (await cut()).got.flat().filter((record) => typeof record === 'string'),
    ['a', 'b'],
  )
  const lost = said.filter(({ type }) => type === 'receiver-lost')
  assert.ok(lost.length >= 2)
  assert.deepEqual(lost.at(-1)!['total'], lost.length)
  assert.match(String(lost[0]['message']), /^HandFed-7: a record cannot be stored .*such as Reading \{ value: 1 \}$/)
  assert.match(String(lost[0]['code']), /^E_/)
})

test('of many records of a batch that are refused a few are told, and the others as a number', async () => {
  const said: Record<string, unknown>[] = []
  const clock = new ManualClock()
  const log = { event: (event: Record<string, unknown>) => void said.push(event) }
  const { receiver, cut } = await running({ io: { ...memoryIo(clock), log } as SourceIo })
  const told = (): unknown[] =>
    said.splice(0).flatMap(({ type, records, total }) => (type === 'receiver-lost' ? [[records, total]] : []))
  for (let i = 0; i < 1000; i++) receiver.refuse(`line ${i}`, new Error('half a line'))
  assert.deepEqual(told(), [
    [1, 1],
    [1, 2],
    [1, 3],
  ])
  const { position } = await cut()
  assert.match(String(said.at(-1)!['message']), /^HandFed-7: 997 more records of this batch; .* such as 'line 999'$/)
  assert.deepEqual(told(), [[997, 1000]])
  receiver.refuse('one', new Error('half a line'))
  assert.deepEqual(told(), [[1, 1001]], 'at once: the next batch has its own first few')
  await cut(position)
  assert.deepEqual(told(), [])
})

test('where letters are kept, what cannot be stored or was refused is told by whoever reads the batch', async () => {
  const { receiver, clock, source, io, cut } = await running<unknown>({ conf: { 'sluice.onError': 'dead-letter' } })
  const bytes = Uint8Array.of(0x61, 0xff)
  for (const record of ['a', new Reading(), 'b']) receiver.storeOne(record)
  receiver.refuse(bytes, new Error('half a line'))
  bytes.fill(0)
  await clock.advance(200)
  const told: Undecoded[] = []
  const listening = { ...io, undecoded: (found: Undecoded) => void told.push(found) }
  const taken = (await source.cut({ time: 200, intervalMs: 1000, zeroTime: 0, position: null, limit: null, io }))!
  assert.equal(taken.records, 2)
  assert.deepEqual(await readAll(source, taken.splits, listening), ['a', 'b'])
  assert.deepEqual(
    told.map(({ became, code, path, bytes: shown }) => [became, code, path, Buffer.from(shown).toString('latin1')]),
    [
      ['letter', 'E_SOURCE', 'HandFed-7', 'a\xff'],
      ['letter', 'E_NOT_SERIALISABLE', 'HandFed-7', 'Reading { value: 1 }'],
    ],
  )
  assert.deepEqual((await cut(taken.position)).got, [])
})

test('what cannot be shown at all is kept as what is known of it', async () => {
  const { receiver, clock, cut, events } = await running<unknown>({ conf: { 'sluice.onError': 'dead-letter' } })
  receiver.storeOne({
    [inspect.custom]() {
      throw new Error('no look')
    },
    at: () => 1,
  })
  receiver.storeOne('a')
  await clock.advance(200)
  assert.deepEqual((await cut()).got.flat(), ['a'])
  assert.deepEqual(events, ['started', 'error'])
})

test('a store that is away for minutes costs a receiver of single records nothing', async () => {
  const blobs = new MemoryBlobStore()
  let isAway = true
  const io = memoryIo(new ManualClock())
  const putNew = async (key: string, bytes: Uint8Array): Promise<void> => {
    if (isAway) throw new Error('away')
    await blobs.putNew(key, bytes)
  }
  const away = { ...io, blobs: new Proxy(blobs, { get: (of, name) => (name === 'putNew' ? putNew : bound(of, name)) }) }
  const { receiver, clock, cut, events } = await running({ io: away })
  receiver.store('a')
  await clock.advance(120_000)
  assert.deepEqual((await cut()).got, [])
  isAway = false
  await clock.advance(60_000)
  assert.deepEqual((await cut()).got, [['a']])
  assert.ok(events.includes('error'))
})

const bound = (blobs: MemoryBlobStore, name: string | symbol): unknown => {
  const value: unknown = Reflect.get(blobs, name, blobs)
  return typeof value === 'function' ? (value.bind(blobs) as unknown) : value
}

test('what a receiver reports is seen in the log, as a warning', async () => {
  const said: Record<string, unknown>[] = []
  const log = { event: (event: Record<string, unknown>) => void said.push(event) }
  const { receiver } = await running({ io: { ...memoryIo(new ManualClock()), log } as SourceIo })
  receiver.reportError('the feed is slow', new Error('12 s'))
  assert.deepEqual(said, [
    { type: 'receiver-error', level: 'warn', stream: 7, message: 'HandFed-7: the feed is slow', error: '12 s' },
  ])
})

/** A running receiver, what it has said, and how often its store was asked; `failing` decides of each attempt. */
async function runningOn(failing: (attempt: number) => Error | null, conf: Record<string, string> = {}) {
  const said: Record<string, unknown>[] = []
  const log = { event: (event: Record<string, unknown>) => void said.push(event) }
  const blobs = new MemoryBlobStore()
  const attempts: number[] = []
  const clock = new ManualClock()
  const putNew = async (key: string, bytes: Uint8Array): Promise<void> => {
    attempts.push(clock.now())
    const error = failing(attempts.length)
    if (error) throw error
    await blobs.putNew(key, bytes)
  }
  const store = new Proxy(blobs, { get: (of, name) => (name === 'putNew' ? putNew : bound(of, name)) })
  const io = { ...memoryIo(clock), blobs: store, log } as SourceIo
  return { ...(await running<string>({ io, conf })), said, attempts }
}

test('who hands a block over and waits for it hears of a store that is away after four attempts', async () => {
  const { receiver, clock, attempts, cut } = await runningOn((attempt) => (attempt <= 4 ? new Error('away') : null))
  const stored = assert.rejects(receiver.store(['a', 'b']), /away/)
  await clock.advance(60_000)
  await stored
  assert.deepEqual(attempts, [0, 200, 600, 1400])
  await receiver.store(['a', 'b'])
  assert.deepEqual((await cut()).got, [['a', 'b']])
})

test('what a store refuses for good is not asked for again', async () => {
  const refusal = new SluiceError('E_BLOB_TOO_LARGE', 'too large', {})
  const { receiver, attempts } = await runningOn(() => refusal)
  await assert.rejects(receiver.store(['a']), { code: 'E_BLOB_TOO_LARGE' })
  assert.equal(attempts.length, 1)
})

test('a block of single records that is refused for good is counted, shown, and kept where letters are', async () => {
  const refusal = new SluiceError('E_BLOB_TOO_LARGE', 'too large', {})
  const { receiver, clock, said, source, io } = await runningOn((attempt) => (attempt === 1 ? refusal : null), {
    'sluice.onError': 'dead-letter',
  })
  for (const record of ['a', 'b']) receiver.store(record)
  await clock.advance(200)
  const [{ message, code, records, total, example }] = said.filter(({ type }) => type === 'receiver-lost')
  assert.match(String(message), /^HandFed-7: a block of 2 records could not be stored \(2 set aside in all\)/)
  assert.deepEqual([code, records, total, example], ['E_BLOB_TOO_LARGE', 2, 2, "'a'"])
  const told: Undecoded[] = []
  const taken = (await source.cut({ time: 200, intervalMs: 1000, zeroTime: 0, position: null, limit: null, io }))!
  await readAll(source, taken.splits, { ...io, undecoded: (found: Undecoded) => void told.push(found) })
  assert.deepEqual(
    told.map(({ code: of, bytes }) => [of, Buffer.from(bytes).toString()]),
    [
      ['E_BLOB_TOO_LARGE', "'a'"],
      ['E_BLOB_TOO_LARGE', "'b'"],
    ],
  )
})

test('letters that cannot be stored are said', async () => {
  const { receiver, clock, said } = await runningOn(() => new SluiceError('E_BLOB_TOO_LARGE', 'too large', {}), {
    'sluice.onError': 'dead-letter',
  })
  receiver.refuse('half', new Error('half a line'))
  await clock.advance(200)
  assert.match(String(said.at(-1)!['message']), /: 1 dead letters could not be stored$/)
})

test('of four records that are refused in a batch the fourth is told as one more, once', async () => {
  const { receiver, said, cut } = await runningOn(() => null)
  for (let i = 0; i < 4; i++) receiver.refuse('x'.repeat(1000), new Error('half a line'))
  const { position } = await cut()
  await cut(position)
  const lost = said.filter(({ type }) => type === 'receiver-lost')
  assert.deepEqual([lost.length, lost[3]['records'], lost[3]['total']], [4, 1, 4])
  assert.match(String(lost[3]['message']), /: 1 more record of this batch; at last, a record is refused/)
  assert.ok(String(lost[0]['example']).length < 250, 'what is long is shown in part')
})

test('a receiver that throws as it stops has stopped, and that is said', async () => {
  const { receiver, source, said, events } = await runningOn(() => null)
  receiver.onStop = () => {
    throw new Error('no socket to close')
  }
  await source.receiver!.stop(true)
  assert.deepEqual(
    said.filter(({ type }) => type === 'receiver-stop-failed'),
    [
      {
        type: 'receiver-stop-failed',
        level: 'warn',
        stream: 7,
        message: 'the receiver of stream 7 threw in onStop',
        error: 'no socket to close',
      },
    ],
  )
  assert.deepEqual(events, ['started', 'stopped'])
})

test('a receiver knows the number of its stream as it runs, and stores nothing before', async () => {
  const idle = new HandFed()
  for (const use of [() => idle.store('a'), () => idle.streamId, () => idle.isStarted()])
    assert.throws(use, { code: 'E_RECEIVER_STATE', message: /does not run yet/ })
  const { receiver } = await running()
  assert.deepEqual([receiver.streamId, receiver.isStarted(), receiver.isStopped()], [7, true, false])
})

test('an initial rate holds where rates are adapted to what batches manage, and only there', async () => {
  const taken = async (enabled: boolean): Promise<boolean[]> => {
    const { receiver } = await running({
      conf: {
        'spark.streaming.backpressure.enabled': String(enabled),
        'spark.streaming.backpressure.initialRate': '1',
      },
    })
    return [receiver.store('a'), receiver.store('b')]
  }
  assert.deepEqual(await taken(true), [false, false])
  assert.deepEqual(await taken(false), [true, true])
})

test('blocks that no batch has taken are waiting; objects of other names beside them are no blocks', async () => {
  const first = await running()
  await first.receiver.store(['a'])
  await first.receiver.store(['b'])
  assert.equal(first.receiver.waiting(), 2)
  const { position } = await first.cut()
  assert.equal(first.receiver.waiting(), 0)
  await first.receiver.store(['c'])
  await first.source.receiver!.stop(true)
  const { prefix, blobs } = first.io
  for (const name of ['blocks/run/x-1', 'blocks/run/1-1.tmp', 'blocks/1-1', 'other'])
    await blobs.putNew(prefix + name, Uint8Array.of(1))
  const second = await running({ io: first.io, position })
  assert.deepEqual((await second.cut()).got, [['c']])
})

test('a start that fails is tried again after twice as long each time, a minute at the most', async () => {
  const waitsWith = async (delay: string, seconds: number): Promise<number[]> => {
    const receiver = new HandFed()
    receiver.failing = new Error('refused')
    const starts: number[] = []
    const clock = new ManualClock()
    const onStart = receiver.onStart.bind(receiver)
    receiver.onStart = () => {
      starts.push(clock.now())
      return onStart()
    }
    await running({ io: memoryIo(clock), receiver, conf: { 'spark.streaming.receiverRestartDelay': delay } })
    for (let i = 0; i < seconds; i++) await clock.advance(1000)
    return starts.slice(1).map((at, i) => (at - starts[i]) / 1000)
  }
  assert.deepEqual(await waitsWith('2s', 190), [2, 4, 8, 16, 32, 60, 60])
  assert.deepEqual(await waitsWith('100s', 210), [100, 100])
})
