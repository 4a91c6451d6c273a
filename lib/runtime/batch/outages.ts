import type { OperatorUid } from '../../model/ids.ts'
import type { Clock } from '../../host/clock.ts'
import { hasCode, SluiceError } from '../../model/errors.ts'
import { backoffMs } from '../../host/backoff.ts'
import type { OutageSettings } from '../settings.ts'
import { halted } from '../../checkpoint/transition.ts'
import type { HeldApp } from './held-app.ts'
import type { OutputFailure } from '../../output/output-publisher.ts'

interface Outage {
  /** When it began, ms since the epoch. */
  readonly since: number
  readonly attempts: number
  /** Nothing is tried before. */
  readonly due: number
  /** Whether the place is away, and not only refuses one batch. */
  readonly isAway: boolean
  readonly error: SluiceError
}

/** What the last failure of an output means for the next try. */
interface Waiting {
  readonly waitMs: number
  readonly attempts: number
}

/**
 * Which outputs fail, and when they are tried again: with growing waits, each for itself, so that one whose place is
 * away costs the others nothing. Known to one coordinator; the next one finds out anew what is owed by trying.
 */
export class Outages {
  readonly settings: OutageSettings
  readonly #clock: Clock
  readonly #outages = new Map<string, Outage>()

  constructor(clock: Clock, settings: OutageSettings) {
    this.#clock = clock
    this.settings = settings
  }

  /** Whether what is owed by the output may be tried now. */
  isDue(output: OperatorUid): boolean {
    const outage = this.#outages.get(output)
    return !outage || this.#clock.now() >= outage.due
  }

  /** Whether a new batch is not even tried: the place was away a moment ago. */
  isAway(output: OperatorUid): boolean {
    return this.#outages.get(output)?.isAway === true && !this.isDue(output)
  }

  /** Whether it has failed and not recovered since. */
  isHeld(output: OperatorUid): boolean {
    return this.#outages.has(output)
  }

  /** What it failed with last; `null` if it does not fail. */
  lastError(output: OperatorUid): SluiceError | null {
    return this.#outages.get(output)?.error ?? null
  }

  failed(output: OperatorUid, error: SluiceError): Waiting {
    const before = this.#outages.get(output)
    const attempts = (before?.attempts ?? 0) + 1
    const now = this.#clock.now()
    const waitMs = this.#waitMs(output, attempts, error)
    const since = before?.since ?? now
    this.#outages.set(output, { since, attempts, due: now + waitMs, isAway: error.retry, error })
    return { waitMs, attempts }
  }

  /** For how long it had failed, in ms; `null` if it had not. */
  recovered(output: OperatorUid): number | null {
    const outage = this.#outages.get(output)
    this.#outages.delete(output)
    if (!outage) return null
    return this.#clock.now() - outage.since
  }

  /** Somebody says that the place is there again. */
  hurry(output: OperatorUid): void {
    const outage = this.#outages.get(output)
    if (outage) this.#outages.set(output, { ...outage, due: this.#clock.now() })
  }

  #waitMs(output: OperatorUid, attempts: number, error: SluiceError): number {
    const { waitMs, waitMaxMs } = this.settings
    const asked = error.retryAfterMs ?? 0
    return Math.min(Math.max(backoffMs(output, attempts, { firstMs: waitMs, mostMs: waitMaxMs }), asked), LONGEST_MS)
  }
}

/** However long the other side asks for. */
const LONGEST_MS = 3_600_000

/**
 * Whether the sink has shown what is owed: an output that shows each batch exactly once is delivered in order, so that
 * a sink which has taken a later batch that this head knows of has taken the owed one before it. Whoever delivered both
 * did not come to say so.
 */
export const wasShown = ({ writer }: HeldApp, { error }: OutputFailure): boolean =>
  hasCode(error, 'E_SINK_AHEAD') && (error.where.taken ?? Infinity) <= writer.head.committed

/**
 * A sink that has taken a later batch than it is given (rule R3) means one of two things. Either this coordinator was
 * replaced long ago: then the write below is refused, and it stops. Or nobody has replaced it, and the head is older
 * than what the sink holds: it was restored from a backup. Going on would show, under numbers that the sink has seen,
 * nothing at all, until the numbers have caught up. So the app halts, and its batch stays undelivered.
 */
export async function haltIfSinkIsNewer(held: HeldApp, failed: readonly OutputFailure[]): Promise<void> {
  const newer = failed.find(({ error }) => hasCode(error, 'E_SINK_AHEAD'))
  if (!newer) return
  const { head } = held.writer
  const reason =
    `the head went back in time: it is at batch ${head.committed}, and the sink "${newer.output}" has ` +
    'taken a later one'
  await held.writer.write((now) => halted(now, reason), 'halt')
  throw new SluiceError('E_HALTED', `"${head.app}" was halted: ${reason}.`, {
    where: { operator: newer.output, batch: head.committed },
    did: 'the sink was not written; later batches wait',
    next: [
      'restore the sink to the moment of the head as well, then start with --resume',
      'or begin anew into an emptied sink: --fresh',
    ],
    cause: newer.error,
  })
}
