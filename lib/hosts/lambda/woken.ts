import { checkedHead } from '../../checkpoint/check-head.ts'
import { TickQueue } from '../../adapters/aws/lambda/tick-queue.ts'
import { counted } from '../../model/counted.ts'
import { SluiceError } from '../../model/errors.ts'
import {
  delayOf,
  type EventWake,
  forLater,
  isCovered,
  isStale,
  ticksAhead,
  type Wake,
} from '../../runtime/coordinator/wakes.ts'
import type { DescribedProgram } from './calls.ts'
import type { CoordinatorHost } from './coordinator-host.ts'
import type { Invocation } from './invocation.ts'
import { bodyOf } from './messages.ts'
import { type Pacing, pacingOf } from './pacing.ts'

/** What a life of the coordinator came to. */
export type LifeOutcome =
  /** Another coordinator holds the app, or took it over. */
  | { readonly kind: 'busy' }
  /** Somebody has paused the app. */
  | { readonly kind: 'paused' }
  | {
      readonly kind: 'ran'
      readonly batches: number
      /** Batches that it has planned as well: every event that came before it is in the first of them. */
      readonly planned: number
      readonly committed: number
      /** The next batch time. */
      readonly nextAt: number
    }

/** What an invocation of the coordinator came to, as it answers. */
export type WokenOutcome =
  | LifeOutcome
  /** The batches of the minute were put into the queue. */
  | { readonly kind: 'sent'; readonly ticks: number }
  /** There was nothing to do: ticks were too old, or what events need has been committed. */
  | { readonly kind: 'idle'; readonly dropped: number; readonly covered: number }

const MINUTE_MS = 60_000
/** A tick that comes earlier than its time by no more is waited for: clocks differ. */
const EARLY_MS = 2000
/** How long one waits that has no queue to be woken by. */
const WAIT_MS = 1000

/** Ticks that this process has dropped. */
let droppedHere = 0

/** Does what an invocation was woken for; `live` runs what is due now. Throws what `live` throws. */
export async function woken(
  invocation: Invocation,
  program: DescribedProgram,
  host: CoordinatorHost,
  live: (pacing: Pacing) => Promise<LifeOutcome>,
): Promise<WokenOutcome> {
  const pacing = pacingOf(program.facts, host.settings)
  const { intervalMs } = program.facts
  const stale = invocation.wakes.filter((wake) => pacing !== 'events' && isStale(wake, host.clock.now(), intervalMs))
  sayDropped(stale.length, host)
  const wakes = invocation.wakes.filter((wake) => !stale.includes(wake))
  if (wakes.length === 0) return { kind: 'idle', dropped: stale.length, covered: 0 }
  if (pacing === 'queue' && wakes.every(({ kind }) => kind === 'minute')) return sendMinute(wakes, program, host)
  if (pacing === 'events') return new Events(wakes.map(eventOf), invocation, program, host).answer(() => live(pacing))
  await untilDue(wakes, host)
  try {
    return await live(pacing)
  } catch (error) {
    // The next tick does their work; they would only come again to be dropped.
    await saying(host, () => letGo(invocation, host))
    throw error
  }
}

function sayDropped(ticks: number, { log }: CoordinatorHost): void {
  if (ticks === 0) return
  droppedHere += ticks
  const words = counted(ticks, 'tick that is', 'ticks that are')
  const message = `dropped ${words} older than two intervals: later ones have done the work`
  log.event({ type: 'ticks-dropped', level: 'warn', ticks, total: droppedHere, message })
}

/** Each batch of the minute is an invocation of its own, so that nobody waits for the next one. */
async function sendMinute(
  wakes: readonly Wake[],
  program: DescribedProgram,
  host: CoordinatorHost,
): Promise<WokenOutcome> {
  const now = host.clock.now()
  const { intervalMs } = program.facts
  const head = checkedHead(await host.head(program.app).read())?.value
  // The grid of an app that does not exist yet is that of the epoch.
  const grid = head?.intervalMs === intervalMs ? head : { zeroTime: 0, intervalMs }
  const ticks = wakes
    .filter((wake) => wake.kind === 'minute')
    .flatMap(({ at }) => ticksAhead({ from: at, until: at + MINUTE_MS, now }, grid))
  await queueOf(host).send(ticks.map(({ at, delaySeconds }) => ({ body: bodyOf({ kind: 'tick', at }), delaySeconds })))
  return { kind: 'sent', ticks: ticks.length }
}

async function untilDue(wakes: readonly Wake[], { clock }: CoordinatorHost): Promise<void> {
  const latest = clock.now() + EARLY_MS
  let soon = 0
  for (const wake of wakes) if (wake.kind === 'tick' && wake.at <= latest) soon = Math.max(soon, wake.at)
  if (soon > clock.now()) await clock.sleepUntil(soon)
}

const queueOf = ({ clients, clock, settings }: CoordinatorHost): TickQueue =>
  new TickQueue(clients, clock, settings.tickQueue!)

/** Takes the messages out of the queue, of an invocation that fails: the queue would bring them again. */
async function letGo({ messages }: Invocation, host: CoordinatorHost): Promise<void> {
  if (messages.length > 0) await queueOf(host).delete(messages.map(({ receipt }) => receipt))
}

/** What fails after a failure is said beside it, and does not take its place: the messages come again. */
async function saying({ log }: CoordinatorHost, then: () => Promise<void>): Promise<void> {
  try {
    await then()
  } catch (error) {
    log.event({ type: 'error', error })
  }
}

/** In a program that waits for events, a schedule is one more of them. */
function eventOf(wake: Wake): EventWake {
  if (wake.kind === 'event') return wake
  return { kind: 'event', needs: null, tries: 0 }
}

/**
 * The events of one invocation: each ends with a batch that was planned after it, or goes back into the queue. Before
 * that nothing of theirs is given up: whoever has sent them keeps them until this invocation has answered.
 */
class Events {
  readonly #events: readonly EventWake[]
  readonly #invocation: Invocation
  readonly #program: DescribedProgram
  readonly #host: CoordinatorHost

  constructor(events: readonly EventWake[], invocation: Invocation, program: DescribedProgram, host: CoordinatorHost) {
    this.#events = events
    this.#invocation = invocation
    this.#program = program
    this.#host = host
  }

  async answer(live: () => Promise<LifeOutcome>): Promise<WokenOutcome> {
    for (;;) {
      const committed = await this.#committed()
      const waiting = this.#events.filter((event) => !isCovered(event, committed))
      if (waiting.length === 0) return { kind: 'idle', dropped: 0, covered: this.#events.length }
      const later = forLater(waiting, committed)
      const outcome = await this.#lived(live, later)
      if (outcome.kind === 'ran' && outcome.planned > 0) return outcome
      const delayMs = this.#delayOf(later, outcome.kind === 'ran' ? outcome.nextAt : null)
      if (this.#host.settings.tickQueue !== null) {
        await this.#again(later, delayMs)
        return outcome
      }
      await this.#waitHere(Math.min(delayMs, WAIT_MS))
    }
  }

  /**
   * An event whose batch fails goes into the queue again, and its messages out of it, before the invocation fails as
   * well: they would come back all at once.
   */
  async #lived(live: () => Promise<LifeOutcome>, later: EventWake): Promise<LifeOutcome> {
    try {
      return await live()
    } catch (error) {
      const { settings } = this.#host
      if (settings.tickQueue !== null)
        await saying(this.#host, async () => {
          await this.#again(later, this.#delayOf(later, null))
          await letGo(this.#invocation, this.#host)
        })
      throw error
    }
  }

  #delayOf(later: EventWake, until: number | null): number {
    return delayOf(later, until, this.#host.clock.now(), this.#program.facts.intervalMs)
  }

  async #committed(): Promise<number> {
    return checkedHead(await this.#host.head(this.#program.app).read())?.value.committed ?? 0
  }

  #again(later: EventWake, delayMs: number): Promise<void> {
    return queueOf(this.#host).send([{ body: bodyOf(later), delaySeconds: Math.ceil(delayMs / 1000) }])
  }

  async #waitHere(ms: number): Promise<void> {
    const { clock } = this.#host
    if (clock.now() + ms > this.#invocation.abortAt)
      throw new SluiceError('E_BUSY', `No batch was begun for an event of "${this.#program.app}" in time.`, {
        did: 'the event is left to whoever has sent it',
        retry: true,
        next: ['set SLUICE_TICK_QUEUE, so that it waits in a queue'],
      })
    await clock.sleepUntil(clock.now() + ms)
  }
}
