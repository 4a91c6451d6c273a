import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { MemoryHeadStore } from '../../../lib/adapters/local/head-memory.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'
import { putManifest } from '../../../lib/checkpoint/manifest.ts'
import { ObjectKeys } from '../../../lib/checkpoint/object-keys.ts'
import { committed, created } from '../../../lib/checkpoint/transition.ts'
import { LeaseHolder } from '../../../lib/hosts/functions/receiver-lease.ts'
import { receiverLife } from '../../../lib/hosts/functions/receiver-life.ts'
import type { AwsHost } from '../../../lib/hosts/lambda/host.ts'
import type { BuiltApp } from '../../../lib/hosts/program/built-program.ts'
import type { Log } from '../../../lib/host/log.ts'
import { StreamingContext } from '../../../lib/index.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import type { Head } from '../../../lib/model/head.ts'
import type { Source } from '../../../lib/source/source.ts'

const STOP_MS = 60_000

const headOf = (inc: string): Head =>
  created({ app: 'test', inc, graph: 'g', intervalMs: 1000, zeroTime: 0, conf: {}, holder: 'c', leaseUntil: 0 })

/** One life of a receiver that is over after a minute, and everything that it sees. */
class Life {
  readonly clock = new ManualClock(0)
  readonly heads = new MemoryHeadStore<Head>()
  readonly leases = new MemoryHeadStore<unknown>()
  readonly blobs = new MemoryBlobStore()
  readonly calls: string[] = []
  failure: SluiceError | null = null
  answer: unknown = null
  readonly said: unknown[] = []
  readonly log: Log = { event: (event) => void this.said.push(event.type === 'error' ? event.error : event) }

  async begin(): Promise<void> {
    const context = new StreamingContext({ 'spark.app.name': 'test', 'spark.master': 'local' }, 1000, { hosted: true })
    const source: Source<string> = {
      name: 'Own',
      cut: async () => null,
      read: () => [],
      committed: async (position, io) => {
        this.calls.push(`committed ${JSON.stringify(position)}`)
        for (const key of await io.blobs.list(io.prefix)) await io.blobs.delete(key)
      },
      receiver: {
        start: async () => void this.calls.push('start'),
        stop: async () => void this.calls.push('stop'),
        waiting: () => 0,
        updateRate: (rate) => void this.calls.push(`rate ${rate}`),
        failure: () => this.failure,
      },
    }
    context.source('own', source).foreachRDD(() => {})
    context.graph.assignUids()
    const [node] = context.graph.inputs
    const { clock, blobs, heads, leases } = this
    const stores = { head: () => heads, lease: () => leases }
    const host = { clock, blobs, random: systemRandom, log: this.log, ...stores } as unknown as AwsHost
    const app = { name: 'test', context } as unknown as BuiltApp
    const lifetime = { holder: 'me', stopAt: STOP_MS, deadline: STOP_MS + 5000 }
    void receiverLife(app, node, host, lifetime).then(
      (answer) => (this.answer = answer),
      (error: unknown) => (this.answer = error),
    )
    await clock.advance(0)
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1000) await this.clock.advance(1000)
  }

  /** Whether somebody else may take over at once. */
  async isLetGo(): Promise<boolean> {
    return ((await this.leases.read())?.value as { ended?: true } | undefined)?.ended === true
  }
}

test('a life receives until its time is over, then stops and lets go', async () => {
  const life = new Life()
  await life.heads.cas(0, headOf('i1'), 'create')
  await life.begin()
  await life.pass(STOP_MS - 1000)
  assert.deepEqual([life.calls, life.answer, await life.isLetGo()], [['start'], null, false])
  await life.pass(2000)
  assert.deepEqual(life.calls, ['start', 'stop'])
  assert.deepEqual([life.answer, await life.isLetGo()], [{ busy: false, receivedMs: STOP_MS }, true])
})

test('where there is no app yet it waits for one, and where none comes it receives nothing', async () => {
  const [late, never] = [new Life(), new Life()]
  for (const life of [late, never]) await life.begin()
  for (const life of [late, never]) await life.pass(10_000)
  await late.heads.cas(0, headOf('i1'), 'create')
  for (const life of [late, never]) await life.pass(STOP_MS)
  assert.deepEqual([late.calls, never.calls], [['start', 'stop'], []])
  assert.deepEqual([never.answer, await never.isLetGo()], [{ waited: true }, true])
})

test('an app that has begun anew has no use for what is received for the one before: the life ends', async () => {
  const life = new Life()
  await life.heads.cas(0, headOf('i1'), 'create')
  await life.begin()
  await life.pass(5000)
  await life.heads.cas(1, headOf('i2'), 'recreate')
  await life.pass(12_000)
  assert.deepEqual(life.calls, ['start', 'stop'])
  assert.ok(await life.isLetGo())
})

test('a life whose lease somebody else has taken ends, and leaves it to them', async () => {
  const life = new Life()
  await life.heads.cas(0, headOf('i1'), 'create')
  await life.begin()
  await life.pass(5000)
  const ahead = new ManualClock(100_000)
  assert.ok(await new LeaseHolder(life.leases, ahead, { holder: 'other', endsAt: 200_000 }).taken())
  await life.pass(12_000)
  assert.deepEqual(life.calls, ['start', 'stop'])
  assert.ok(!(await life.isLetGo()))
})

test('what batches have taken, and how fast they may, reaches the receiver', async () => {
  const life = new Life()
  const head = headOf('i1')
  await life.heads.cas(0, head, 'create')
  await life.begin()
  const received = new ObjectKeys('test', 'i1').source('own')
  await life.blobs.putNew(`${received}blocks/r/0-1`, Uint8Array.of(1))
  const facts = { format: 2, batch: 1, tick: 1, time: 1000, nonce: 'n1', base: null, graph: 'g' } as const
  const nothing = { cuts: {}, actions: {}, state: {}, retained: {}, outputs: {}, records: {} }
  const manifest = await putManifest(life.blobs, new ObjectKeys('test', 'i1'), {
    ...facts,
    ...nothing,
    positions: { own: { runs: { r: 1 } } },
    rates: { own: { rate: 50, latest: null } },
  })
  await life.heads.cas(1, committed(head, { tick: 1, manifest }), 'commit')
  await life.pass(11_000)
  assert.deepEqual(life.calls.slice(0, 3), ['start', 'committed {"runs":{"r":1}}', 'rate 50'])
  assert.deepEqual(await life.blobs.list(received), [`${received}blocks/r/0-1`], 'only batches delete')
})

test('what kept the receiver from receiving fails the life, which lets go all the same', async () => {
  const life = new Life()
  await life.heads.cas(0, headOf('i1'), 'create')
  await life.begin()
  life.failure = new SluiceError('E_RECEIVER', 'no such host')
  await life.pass(STOP_MS + 2000)
  assert.equal((life.answer as SluiceError).code, 'E_RECEIVER')
  assert.ok(await life.isLetGo())
})

test('a lease that cannot be renewed for a while ends no life, and one that has run out does', async () => {
  const lived = async (awayMs: number): Promise<Life> => {
    const life = new Life()
    await life.heads.cas(0, headOf('i1'), 'create')
    await life.begin()
    const { leases } = life
    const cas = leases.cas.bind(leases)
    leases.cas = async () => {
      throw new Error('away')
    }
    await life.pass(awayMs)
    leases.cas = cas
    await life.pass(STOP_MS - 5000 - awayMs)
    return life
  }
  const short = await lived(25_000)
  assert.deepEqual([short.calls, short.answer], [['start'], null])
  assert.deepEqual(short.said.map(String), ['Error: away', 'Error: away'])
  const long = await lived(35_000)
  assert.deepEqual(long.calls, ['start', 'stop'])
  assert.deepEqual(long.answer, { busy: false, receivedMs: 30_000 })
})

test('a head that cannot be read is said, and the life receives on', async () => {
  const life = new Life()
  await life.heads.cas(0, headOf('i1'), 'create')
  await life.begin()
  life.heads.read = async () => {
    throw new Error('away')
  }
  await life.pass(25_000)
  assert.deepEqual([life.calls, life.said.map(String)], [['start'], ['Error: away', 'Error: away']])
})

test('a life that cannot let go says so, and its lease runs out by itself', async () => {
  const life = new Life()
  await life.heads.cas(0, headOf('i1'), 'create')
  await life.begin()
  await life.pass(STOP_MS - 1000)
  life.leases.cas = async () => {
    throw new Error('away')
  }
  await life.pass(2000)
  assert.deepEqual(life.calls, ['start', 'stop'])
  assert.deepEqual([life.answer, life.said.map(String)], [{ busy: false, receivedMs: STOP_MS }, ['Error: away']])
})
