import type { Clock } from '../host/clock.ts'
import type { HeadStore, Versioned } from '../host/head-store.ts'
import type { Log } from '../host/log.ts'
import { isOurs, messageOf, SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import { backoffMs } from '../host/backoff.ts'
import { checkedHead } from './check-head.ts'
import { decideAftermath, leaseFrom } from './decide.ts'
import { checkSize } from './head-size.ts'
import { type Cause, renewed } from './transition.ts'

/**
 * How long and how often an unanswered write is looked up, with growing pauses, before the coordinator gives up; it
 * then stops, and the next one finds out. A table that throttles for half a minute is waited for.
 */
const PATIENCE_MS = 60_000
const LOOKUPS_MAX = 20
const PAUSE = { firstMs: 100, mostMs: 5000 }

interface WriterHost {
  readonly clock: Clock
  readonly log: Log
  /** Ends the pauses: there is no time left. */
  readonly signal?: AbortSignal
  /**
   * Its coordinator lives for a batch or so: taking the head goes with the commit, and the mark with letting go. Two at
   * once do the same work then, up to the commit that one of them is refused.
   */
  readonly isBrief?: boolean
}

/** A step that waits for the write that it may go with. */
interface Waiting {
  readonly step: (head: Head) => Head
  readonly cause: Cause
}

/** Which steps may wait, and what they go with then. */
const GOES_WITH: Partial<Record<Cause, Cause>> = { acquire: 'commit', mark: 'release' }

/** Steps that show that the holder lives: each of them renews its lease. */
const SIGNS_OF_LIFE: ReadonlySet<Cause> = new Set(['plan', 'seal', 'renew', 'commit', 'mark'])

/**
 * The head as one coordinator holds it. All writes go through here, one at a time and in the order in which they were
 * asked for: a sign of life and a commit never race. A write that was refused or got no answer says nothing: the head
 * is read again and identities are compared (rule R1), never retried blindly.
 */
export class HeadWriter {
  readonly #store: HeadStore<Head>
  readonly #host: WriterHost
  #current: Versioned<Head>
  #queue: Promise<unknown> = Promise.resolve()
  #writtenAt: number
  #waiting: Waiting | null = null
  /** Why the last write did not arrive, where the store has said so. */
  #refusal: string | null = null

  /** Of somebody who holds `current`. */
  constructor(store: HeadStore<Head>, current: Versioned<Head>, host: WriterHost) {
    this.#store = store
    this.#host = host
    this.#current = current
    this.#writtenAt = host.clock.now()
  }

  /**
   * Takes the head that was `found` (`null`: there is none yet) as `mine`. Throws `E_BUSY` where somebody else was
   * quicker, and what `write` throws.
   */
  static async acquire(
    store: HeadStore<Head>,
    found: Versioned<Head> | null,
    mine: Head,
    cause: Cause,
    host: WriterHost,
  ): Promise<HeadWriter> {
    const writer = new HeadWriter(store, found ?? { rev: 0, value: mine }, host)
    if (cause === 'acquire' && host.isBrief && owesNothing(found!.value)) {
      writer.#waiting = { step: () => renewed(mine, leaseFrom(host.clock.now(), mine)), cause }
      return writer
    }
    const other = await writer.#move(() => mine, cause)
    if (other === 'moved') return writer
    throw new SluiceError(
      'E_BUSY',
      `"${mine.app}" was taken by another process at the same moment: ${other?.holder ?? 'unknown'}.`,
      { did: 'nothing was started', retry: true, next: ['start again'] },
    )
  }

  /** The head, with the step that is still to be written. */
  get head(): Head {
    return this.#waiting?.step(this.#current.value) ?? this.#current.value
  }
  /** Whether the store does not know yet who holds the app. */
  get isSilent(): boolean {
    return this.#waiting?.cause === 'acquire'
  }
  /** The head as it is in the store. */
  get stored(): Head {
    return this.#current.value
  }
  get rev(): number {
    return this.#current.rev
  }
  /** When the head was last written, in ms since the epoch: the sign of life that others see. */
  get writtenAt(): number {
    return this.#writtenAt
  }

  /**
   * Moves the head to what `step` makes of it, once the writes before this one are done. Throws `E_HEAD_SIZE` before
   * anything is sent, `E_FENCED` when another coordinator has taken over, and `E_HEAD_UNREACHABLE` when it stays
   * unknown whether the write arrived: its author must stop then, because what it would do next depends on the answer.
   */
  write(step: (head: Head) => Head, cause: Cause): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#waiting && GOES_WITH[this.#waiting.cause] !== cause) {
        // Nothing was done, and nobody knows that it was to be.
        if (cause === 'release') return void (this.#waiting = null)
        await this.#settle()
      }
      if (this.#host.isBrief && cause === 'mark') this.#waiting = { step, cause }
      else await this.#write(step, cause)
    })
  }

  /** A sign of life. Throws what `write` throws. */
  renew(): Promise<void> {
    return this.#inTurn(() => {
      if (this.#waiting) return this.#settle()
      return this.#write((head) => head, 'renew')
    })
  }

  /** Writes a mark that waits, since it will be a while until what it might go with. Throws what `write` throws. */
  settle(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#waiting?.cause === 'mark') await this.#settle()
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => {})
    return turn
  }

  /** Writes the step that waits on its own. */
  #settle(): Promise<void> {
    return this.#write((head) => head, this.#waiting!.cause)
  }

  /** The step, and the one that waits before it, as one write. */
  async #write(step: (head: Head) => Head, cause: Cause): Promise<void> {
    const before = this.#waiting?.step ?? ((head: Head): Head => head)
    const other = await this.#move((head) => step(before(head)), cause)
    if (other !== 'moved') throw fenced(this.head, other)
    this.#waiting = null
  }

  /** Returns the head that somebody else has written meanwhile, if so. */
  async #move(step: (head: Head) => Head, cause: Cause): Promise<'moved' | Head | null> {
    const { clock, log } = this.#host
    const began = clock.now()
    for (let attempt = 1; attempt <= LOOKUPS_MAX; attempt++) {
      const next = this.#next(step, cause)
      checkSize(next, cause, log, this.#current.rev === 0 ? null : this.#current.value)
      if ((await this.#try(this.#current.rev, next, cause)) === 'written') {
        return this.#moved({ rev: this.#current.rev + 1, value: next })
      }
      const found = await this.#look()
      const aftermath = found === 'unknown' ? 'not-yet' : decideAftermath(next, this.#current, found)
      if (aftermath === 'mine') return this.#moved(found as Versioned<Head>)
      if (aftermath === 'fenced') return (found as Versioned<Head> | null)?.value ?? null
      if (aftermath === 'renewed') this.#moved(found as Versioned<Head>)
      else if (!(await this.#pause(attempt, began, cause))) break
    }
    throw new SluiceError('E_HEAD_UNREACHABLE', `The head of "${this.head.app}" did not answer, time and again.`, {
      did: `the step "${cause}" was left to the next start`,
      retry: true,
      next: ['check the store and start again'],
    })
  }

  #next(step: (head: Head) => Head, cause: Cause): Head {
    const next = step(this.#current.value)
    if (!SIGNS_OF_LIFE.has(cause)) return next
    return renewed(next, leaseFrom(this.#host.clock.now(), next))
  }

  #moved(to: Versioned<Head>): 'moved' {
    this.#refusal = null
    this.#current = to
    this.#writtenAt = this.#host.clock.now()
    return 'moved'
  }

  /** Whether there is patience left, once it has passed. */
  async #pause(attempt: number, began: number, cause: Cause): Promise<boolean> {
    const { clock, log, signal } = this.#host
    const { app, holder } = this.head
    const waitMs = backoffMs(`${app} ${holder} ${this.rev}`, attempt, PAUSE)
    if (this.#refusal !== null) {
      const message = `the step "${cause}" could not be written, and is tried again: ${this.#refusal}`
      log.event({ type: 'head-waits', level: 'warn', message })
    }
    await clock.sleepUntil(clock.now() + waitMs, signal)
    return signal?.aborted !== true && clock.now() - began < PATIENCE_MS
  }

  // A mark that a power cut takes away costs a repeated output, which the mark could not exclude anyway: nobody waits
  // for the disk.
  async #try(expected: number, next: Head, cause: Cause): Promise<'written' | 'unsure'> {
    try {
      const answer = await this.#store.cas(expected, next, cause, cause === 'mark' ? 'soon' : 'now')
      return answer === 'written' ? 'written' : 'unsure'
    } catch (error) {
      if (error instanceof SluiceError && !error.retry) throw error
      this.#refusal = wordsWithCause(error)
      return 'unsure'
    }
  }

  async #look(): Promise<Versioned<Head> | null | 'unknown'> {
    try {
      return checkedHead(await this.#store.read())
    } catch (error) {
      if (error instanceof SluiceError && !error.retry) throw error
      return 'unknown'
    }
  }
}

/** What is owed is shown by functions that look who holds the app, and of which program. */
const owesNothing = ({ plan, owed, outDone, committed }: Head): boolean =>
  !plan && owed.length === 0 && outDone === committed

function wordsWithCause(error: unknown): string {
  if (!isOurs(error) || error.cause === undefined) return messageOf(error)
  return `${messageOf(error)} (${messageOf(error.cause)})`
}

const fenced = (mine: Head, found: Head | null): SluiceError =>
  new SluiceError(
    'E_FENCED',
    `Another coordinator has taken over "${mine.app}" (epoch ${found?.epoch ?? 'unknown'}, mine was ${mine.epoch}).`,
    {
      where: { batch: mine.committed },
      did: 'this one stopped; nothing was lost',
      next: ['let the other one run, or stop it first'],
    },
  )
