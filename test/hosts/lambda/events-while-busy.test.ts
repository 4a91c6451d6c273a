import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { created } from '../../../lib/checkpoint/transition.ts'
import { silentLog } from '../../../lib/host/log.ts'
import type { CoordinatorHost } from '../../../lib/hosts/lambda/coordinator-host.ts'
import { decodeInvocation } from '../../../lib/hosts/lambda/invocation.ts'
import { type LifeOutcome, woken } from '../../../lib/hosts/lambda/woken.ts'
import type { Head } from '../../../lib/model/head.ts'

const INTERVAL_MS = 10_000
const EVENTS = 1000
/** Events come in bursts that are longer than a batch; in the rest behind each the queue comes to rest. */
const BURSTS = 25
const BURST_MS = 40_000
const REST_MS = 3_600_000
const VISIBILITY_MS = 120_000

interface Message {
  readonly body: string
  visibleAt: number
}

interface Outcome {
  /** Events that no committed batch was planned after, before the next burst began. */
  readonly lost: number
  readonly batches: number
  readonly invocations: number
  readonly left: number
}

/**
 * A queue that hands messages over late, twice, ten at a time and in any order, and coordinators that are slow, turned
 * away, killed, or leave a plan open: the decisions are the real ones. `loses`: what is sent while a batch runs is
 * lost.
 */
async function run(seed: number, { loses }: { readonly loses: boolean }): Promise<Outcome> {
  const random = new SeededRandom(seed)
  const clock = new ManualClock(Date.parse('2026-01-01T00:00:03Z'))
  const chance = (share: number): boolean => random.next() < share
  const queue = new Map<string, Message>()
  let [sent, running, invocations, rev] = [0, 0, 0, 1]
  let head: Head = created({
    app: 'a',
    inc: 'i'.repeat(32),
    graph: 'g',
    intervalMs: INTERVAL_MS,
    zeroTime: 0,
    conf: {},
    holder: 'h',
    leaseUntil: 0,
  })
  /** When a plan that was left open was made. */
  let openSince: number | null = null
  const plannedAt: number[] = []
  const put = (body: string, delayMs: number): void =>
    void queue.set(`m${++sent}`, { body, visibleAt: clock.now() + delayMs })

  const host = {
    clock,
    log: silentLog,
    settings: { tickQueue: 'queue' },
    head: () => ({ read: async () => ({ rev, value: head }) }),
    clients: {
      sqs: async () => ({
        sdk: { SendMessageBatchCommand: Send, DeleteMessageBatchCommand: Delete },
        client: {
          send: async (command: Send | Delete) => {
            if (command instanceof Delete) for (const { ReceiptHandle: id } of command.input.Entries) queue.delete(id)
            else if (!(loses && running > 1))
              for (const { MessageBody: body, DelaySeconds: s } of command.input.Entries) put(body, s * 1000)
            return {}
          },
        },
      }),
    },
  } as unknown as CoordinatorHost
  const program = { app: 'a', facts: { intervalMs: INTERVAL_MS, conf: { 'sluice.trigger': 'events' } } } as never

  /** One that lives for what is due: it takes the app with its commit. */
  async function live(): Promise<LifeOutcome> {
    const [found, before] = [rev, head]
    if (running > 1 && chance(0.5)) return { kind: 'busy' }
    const tick = Math.floor(clock.now() / INTERVAL_MS)
    const nextAt = (head.tick + 1) * INTERVAL_MS
    const since = openSince ?? clock.now()
    if (openSince === null && tick <= before.tick)
      return { kind: 'ran', batches: 0, planned: 0, committed: head.committed, nextAt }
    await clock.sleepUntil(clock.now() + random.next() * 3 * INTERVAL_MS)
    if (chance(0.03)) await new Promise(() => {})
    if (chance(0.05)) throw new Error('the batch failed')
    if (rev !== found) return { kind: 'busy' }
    rev++
    if (openSince === null && chance(0.05)) {
      openSince = since
      return { kind: 'ran', batches: 0, planned: 0, committed: head.committed, nextAt }
    }
    const planned = openSince === null ? 1 : 0
    openSince = null
    plannedAt.push(since)
    head = { ...before, committed: before.committed + 1, outDone: before.committed + 1, tick }
    return { kind: 'ran', batches: 1, planned, committed: head.committed, nextAt: (tick + 1) * INTERVAL_MS }
  }

  async function invoke(ids: readonly string[]): Promise<void> {
    running++
    invocations++
    const Records = ids.map((id) => ({
      eventSource: 'aws:sqs',
      messageId: id,
      receiptHandle: id,
      body: queue.get(id)!.body,
    }))
    const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 300_000 }
    const isOver = woken(decodeInvocation({ Records }, context, clock.now()), program, host, live).then(
      () => ids.forEach((id) => queue.delete(id)),
      () => {},
    )
    // One that was killed never answers; its place is free after its time.
    await Promise.race([isOver, clock.sleepUntil(clock.now() + VISIBILITY_MS)])
    running--
  }

  const start = clock.now()
  const bursts = Array.from({ length: BURSTS }, (_, burst) =>
    Array.from({ length: EVENTS / BURSTS }, () => start + burst * REST_MS + random.next() * BURST_MS),
  )
  const arrivals = bursts.flat().toSorted((a, b) => a - b)
  let arrived = 0
  while (clock.now() < start + BURSTS * REST_MS) {
    for (; arrived < EVENTS && arrivals[arrived] <= clock.now(); arrived++) {
      put('{}', random.next() * 3000)
      if (chance(0.05)) put('{}', random.next() * 60_000)
    }
    const visible = [...queue].filter(([, { visibleAt }]) => visibleAt <= clock.now())
    const some = visible.toSorted(() => random.next() - 0.5).slice(0, 1 + Math.floor(random.next() * 10))
    if (some.length > 0 && running < 3) {
      for (const [, message] of some) message.visibleAt = clock.now() + VISIBILITY_MS
      void invoke(some.map(([id]) => id))
    }
    await clock.advance(queue.size > 0 ? 500 : 5000)
  }
  const hasBatch = (at: number, burst: number): boolean =>
    plannedAt.some((planned) => planned >= at && planned < start + (burst + 1) * REST_MS)
  return {
    lost: bursts.flatMap((burst, i) => burst.filter((at) => !hasBatch(at, i))).length,
    batches: plannedAt.length,
    invocations,
    left: queue.size,
  }
}

class Send {
  readonly input: { readonly Entries: readonly { readonly MessageBody: string; readonly DelaySeconds: number }[] }
  constructor(input: Send['input']) {
    this.input = input
  }
}

class Delete {
  readonly input: { readonly Entries: readonly { readonly ReceiptHandle: string }[] }
  constructor(input: Delete['input']) {
    this.input = input
  }
}

const seeds = Array.from({ length: 8 }, (_, i) => 7000 + i)

test('1,000 events in random order while batches run: none is without a batch that was planned after it', async () => {
  for (const seed of seeds) {
    const { lost, left, batches, invocations } = await run(seed, { loses: false })
    assert.deepEqual({ seed, lost, left }, { seed, lost: 0, left: 0 })
    // The interval is the least distance of two batches, and waiting is not looking again and again.
    assert.ok(batches <= BURSTS * 20, `seed ${seed}: ${batches} batches`)
    assert.ok(invocations <= 3 * EVENTS, `seed ${seed}: ${invocations} invocations`)
  }
})

test('where what is sent while a batch runs is lost, such a run shows events without a batch', async () => {
  const found = await Promise.all(seeds.map((seed) => run(seed, { loses: true })))
  assert.ok(
    found.some(({ lost }) => lost > 0),
    JSON.stringify(found),
  )
})
