import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryHeadStore } from '../../../lib/adapters/local/head-memory.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { type Log, silentLog } from '../../../lib/host/log.ts'
import type { DescribedProgram } from '../../../lib/hosts/lambda/calls.ts'
import type { Invocation } from '../../../lib/hosts/lambda/invocation.ts'
import { woken, type WokenOutcome } from '../../../lib/hosts/lambda/woken.ts'
import { created } from '../../../lib/checkpoint/transition.ts'
import { hasCode, type SluiceError } from '../../../lib/model/errors.ts'
import type { EngineEvent } from '../../../lib/model/events.ts'
import type { Head } from '../../../lib/model/head.ts'
import { RecordedQueue } from '../../adapters/aws/lambda/recorded-queue.ts'
import type { Wake } from '../../../lib/runtime/coordinator/wakes.ts'

const NOW = 1_000_000
const headOf = (app: string): Head =>
  created({ app, inc: 'i1', graph: 'g', intervalMs: 10_000, zeroTime: 0, conf: {}, holder: 'c', leaseUntil: 0 })
const program = { app: 'a', facts: { intervalMs: 10_000, conf: {} } } as unknown as DescribedProgram

/** What an invocation at `NOW` comes to, and when it was lived; `null`: it was not, within three seconds. */
async function lived(
  wakes: readonly Wake[],
  log: Log = silentLog,
): Promise<{ outcome: WokenOutcome | null; at: number | null }> {
  const clock = new ManualClock(NOW)
  const host = { clock, log, settings: { tickQueue: 'queue' } } as unknown as Parameters<typeof woken>[2]
  let at: number | null = null
  let outcome: WokenOutcome | null = null
  const over = woken({ wakes, messages: [] } as unknown as Invocation, program, host, async () => {
    at = clock.now()
    return { kind: 'ran', batches: 1, planned: 1, committed: 1, nextAt: NOW }
  }).then((each) => (outcome = each))
  for (let ms = 0; ms < 3000; ms += 100) await clock.advance(100)
  if (at !== null || outcome !== null) await over
  return { outcome, at }
}

const tick = (at: number): Wake => ({ kind: 'tick', at })

test('a tick that has come is run at once, one that is a little early is waited for, and no other', async () => {
  assert.equal((await lived([tick(NOW - 5000)])).at, NOW)
  assert.equal((await lived([tick(NOW + 1500)])).at, NOW + 1500)
  assert.equal((await lived([tick(NOW + 2001)])).at, NOW)
  assert.equal((await lived([tick(NOW + 2000)])).at, NOW + 2000)
  assert.equal((await lived([tick(NOW - 1), tick(NOW + 700), tick(NOW + 60_000)])).at, NOW + 700)
  assert.equal((await lived([tick(NOW + 700), tick(NOW + 300)])).at, NOW + 700)
})

/** What the queue is given by an invocation at `NOW`: batch times after `NOW`, and seconds. `null`: it was lived. */
async function sent(
  wakes: readonly Wake[],
  { head, conf = {} }: { readonly head?: Partial<Head>; readonly conf?: Record<string, string> } = {},
): Promise<(readonly [at: number, delaySeconds: number])[] | null> {
  const queue = new RecordedQueue()
  const client = { send: (command: never) => queue.between(() => assert.fail('it is not sent on'), command) }
  class SendMessageBatchCommand {
    readonly input: object
    constructor(input: object) {
      this.input = input
    }
  }
  const clients = { sqs: async () => ({ client, sdk: { SendMessageBatchCommand } }) }
  const heads = new MemoryHeadStore<Head>()
  if (head) await heads.cas(0, { ...headOf('a'), ...head }, 'create')
  const settings = { tickQueue: queue.url }
  const host = { clock: new ManualClock(NOW), log: silentLog, head: () => heads, clients, settings } as never
  const described = { app: 'a', facts: { intervalMs: 10_000, conf } } as unknown as DescribedProgram
  const outcome = await woken({ wakes, messages: [] } as unknown as Invocation, described, host, async () => ({
    kind: 'ran',
    batches: 0,
    planned: 0,
    committed: 4,
    nextAt: NOW + 1500,
  }))
  const { delays } = queue
  if (outcome.kind === 'ran' && delays.length === 0) return null
  const { Records } = queue.take() as { Records: { body: string }[] }
  return Records.map(({ body }, i) => {
    const { at = NOW } = (JSON.parse(body) as { sluice: { at?: number } }).sluice
    return [at - NOW, delays[i]]
  })
}

test('a minute is sent ahead as its batch times, on the grid of the app where that has the interval', async () => {
  const minute: Wake = { kind: 'minute', at: NOW }
  const times = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => [first + 10_000 * i, Math.ceil(first / 1000) + 10 * i])
  assert.deepEqual(await sent([minute]), times(10_000, 6))
  assert.deepEqual(await sent([minute], { head: { zeroTime: 4001 } }), times(4001, 6))
  assert.deepEqual(await sent([minute], { head: { zeroTime: 1 } }), times(1, 6))
  assert.deepEqual(await sent([minute], { head: { zeroTime: 4001, intervalMs: 7000 } }), times(10_000, 6))
  assert.equal(await sent([minute, tick(NOW)]), null)
})

test('an event that is left for later is held back until the next batch time, in whole seconds', async () => {
  const conf = { 'sluice.trigger': 'events' }
  assert.deepEqual(await sent([{ kind: 'event', needs: null, tries: 0 }], { conf }), [[0, 2]])
})

test('ticks that are dropped are said with their number, and so is how many there were in all', async () => {
  const said: EngineEvent[] = []
  const log: Log = { event: (event) => void said.push(event) }
  await lived([tick(NOW)], log)
  assert.equal(said.length, 0)
  await lived([tick(NOW - 20_001)], log)
  await lived([tick(NOW - 20_001), tick(NOW - 30_000), tick(NOW)], log)
  const [first, second] = said.filter((event) => event.type === 'ticks-dropped')
  assert.deepEqual([first.ticks, second.ticks, second.total - first.total], [1, 2, 2])
  assert.match(second.message, /^dropped 2 ticks that are older than two intervals/)
})

test('a tick that is older than two intervals is dropped, and one beside it is run', async () => {
  assert.deepEqual(await lived([tick(NOW - 20_001)]), { outcome: { kind: 'idle', dropped: 1, covered: 0 }, at: null })
  assert.equal((await lived([tick(NOW - 20_001), tick(NOW - 20_000)])).at, NOW)
})

test('what a batch has failed with is what its invocation fails with, also where the queue is away', async () => {
  const gone = new Error('no such host')
  const clients = { sqs: () => Promise.reject(gone) }
  const failure = new Error('the batch failed')
  for (const [conf, wakes] of [
    [{}, [tick(NOW)]],
    [{ 'sluice.trigger': 'events' }, [{ kind: 'event', needs: null, tries: 0 }]],
  ] as const) {
    const said: EngineEvent[] = []
    const clock = new ManualClock(NOW)
    const log: Log = { event: (event) => void said.push(event) }
    const head = () => new MemoryHeadStore<Head>()
    const host = { clock, log, head, clients, settings: { tickQueue: 'queue' } } as never
    const messages = wakes.map((wake, i) => ({ id: `m${i}`, receipt: `r${i}`, wake }))
    const facts = { intervalMs: 10_000, conf }
    const over = assert.rejects(
      woken({ wakes, messages } as unknown as Invocation, { app: 'a', facts } as never, host, () =>
        Promise.reject(failure),
      ),
      failure,
    )
    for (let ms = 0; ms < 120_000; ms += 1000) await clock.advance(1000)
    await over
    assert.deepEqual(
      said.map((event) => event.type === 'error' && hasCode(event.error, 'E_TICK_QUEUE')),
      [true],
    )
  }
})

/**
 * An app that is woken by events, without a queue of its own: where they wait is the invocation. `committed` is its
 * last batch; `null`: it has never run. `planned`: how many batches each life planned itself, if not one.
 */
async function events(
  wakes: readonly Wake[],
  outcomes: readonly WokenOutcome['kind'][],
  { planned = [], committed = 4 }: { readonly planned?: readonly number[]; readonly committed?: number | null } = {},
) {
  const clock = new ManualClock(NOW)
  const heads = new MemoryHeadStore<Head>()
  if (committed !== null) await heads.cas(0, { ...headOf('a'), committed }, 'create')
  const host = { clock, log: silentLog, head: () => heads, settings: { tickQueue: null } } as never
  const facts = { intervalMs: 10_000, conf: { 'sluice.trigger': 'events' } }
  const invocation = { wakes, messages: [], abortAt: NOW + 5000 } as unknown as Invocation
  const left = [...outcomes]
  const lives: number[] = []
  let end: WokenOutcome | Error | null = null
  const over = woken(invocation, { app: 'a', facts } as unknown as DescribedProgram, host, async (pacing) => {
    assert.equal(pacing, 'events')
    lives.push(clock.now() - NOW)
    const kind = left.shift() ?? 'busy'
    return kind === 'ran'
      ? { kind, batches: 1, planned: planned[lives.length - 1] ?? 1, committed: 5, nextAt: clock.now() + 400 }
      : ({ kind } as { readonly kind: 'busy' })
  }).then(
    (outcome) => (end = outcome),
    (error: Error) => (end = error),
  )
  for (let ms = 0; ms < 8000; ms += 100) await clock.advance(100)
  await over
  return { end: end as unknown as WokenOutcome | SluiceError, lives }
}

const event = (needs: number | null): Wake => ({ kind: 'event', needs, tries: 0 })

test('an event whose batch is committed begins none; of several the others do', async () => {
  const covered = await events([event(3), event(4)], ['ran'])
  assert.deepEqual(covered, { end: { kind: 'idle', dropped: 0, covered: 2 }, lives: [] })
  const { end, lives } = await events([event(4), event(5)], ['ran'])
  assert.deepEqual([(end as WokenOutcome).kind, lives], ['ran', [0]])
})

test('an event that needs the first batch of an app that has never run begins it', async () => {
  const { end, lives } = await events([event(1)], ['ran'], { committed: null })
  assert.deepEqual([(end as WokenOutcome).kind, lives], ['ran', [0]])
})

test('an event and a schedule are answered by a batch that was planned after them', async () => {
  for (const wake of [event(null), { kind: 'minute', at: NOW - 600_000 } as const]) {
    const { end, lives } = await events([wake], ['ran'])
    assert.deepEqual([(end as WokenOutcome).kind, lives], ['ran', [0]])
  }
})

test('an event is not answered by a life that plans nothing, but by another one a second later', async () => {
  const { end, lives } = await events([event(null)], ['ran', 'ran'], { planned: [0, 1] })
  assert.deepEqual([(end as WokenOutcome).kind, lives], ['ran', [0, 1000]])
})

test('where another coordinator is at work and there is no queue, an event waits a second at a time', async () => {
  const { end, lives } = await events([event(null)], ['busy', 'busy', 'ran'])
  assert.deepEqual([(end as WokenOutcome).kind, lives], ['ran', [0, 1000, 2000]])
  const late = await events([event(null)], [])
  assert.deepEqual(late.lives, [0, 1000, 2000, 3000, 4000, 5000])
  assert.ok(hasCode(late.end, 'E_BUSY') && late.end.retry)
})
