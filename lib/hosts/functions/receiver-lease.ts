import type { HeadStore } from '../../host/head-store.ts'
import type { Clock } from '../../host/clock.ts'
import { given } from '../../model/given.ts'
import { count, fields, maybe, text, truth } from '../../model/shape.ts'

/**
 * Who runs a receiver. It saves work and no more: two lives at once store blocks of two runs, and no batch mistakes
 * one for the other. Times in ms since the epoch.
 */
interface ReceiverLease {
  readonly holder: string
  /** The holder is gone if it has not said otherwise by then. */
  readonly until: number
  /** When the holder ends by itself. */
  readonly endsAt: number
  /** It has stopped, and has stored all that it was given. */
  readonly ended?: true
}

/** How long a life that says nothing is taken to go on. */
export const LEASE_MS = 30_000
/** A tick that comes so long before the end of a life waits for it: the next one comes in a minute. */
const NEAR_MS = 65_000

/** What somebody does who wants to run the receiver. */
type LeaseDecision = 'take' | 'wait' | 'leave'

/** @testing Its cases are a table. */
export function decideLease(found: ReceiverLease | null, now: number): LeaseDecision {
  if (found === null || found.ended || found.until <= now) return 'take'
  return found.endsAt <= now + NEAR_MS ? 'wait' : 'leave'
}

/** The lease of one receiver, as one life of it sees it. */
export class LeaseHolder {
  readonly #register: Pick<HeadStore<unknown>, 'read' | 'cas'>
  readonly #clock: Clock
  readonly #holder: string
  readonly #endsAt: number
  #rev = 0

  constructor(
    register: Pick<HeadStore<unknown>, 'read' | 'cas'>,
    clock: Clock,
    { holder, endsAt }: Pick<ReceiverLease, 'holder' | 'endsAt'>,
  ) {
    this.#register = register
    this.#clock = clock
    this.#holder = holder
    this.#endsAt = endsAt
  }

  /** Waits for a life that is about to end; `false`: one goes on for longer than that. */
  async taken(): Promise<boolean> {
    for (;;) {
      const found = await this.#register.read()
      const lease = found && isLease(found.value) ? found.value : null
      const decision = decideLease(lease, this.#clock.now())
      if (decision === 'leave') return false
      this.#rev = found?.rev ?? 0
      if (decision === 'take' && (await this.#write('take'))) return true
      await this.#clock.sleepUntil(this.#clock.now() + POLL_MS)
    }
  }

  /** `false`: somebody else has taken it, who thought that this life is over. */
  renewed(): Promise<boolean> {
    return this.#write('renew')
  }

  async released(): Promise<void> {
    await this.#write('release', true)
  }

  async #write(cause: string, ended?: true): Promise<boolean> {
    const until = this.#clock.now() + LEASE_MS
    const lease = { holder: this.#holder, until, endsAt: this.#endsAt, ...given({ ended }) }
    if ((await this.#register.cas(this.#rev, lease, cause)) === 'written') {
      this.#rev++
      return true
    }
    // One that was not answered may have been written.
    const found = await this.#register.read()
    if (!found || !isLease(found.value) || found.value.holder !== this.#holder) return false
    this.#rev = found.rev
    return true
  }
}

const POLL_MS = 1000

/** It lies where other programs may write as well: what is no lease keeps nobody from receiving. */
const isLease = (value: unknown): value is ReceiverLease => leaseShape(value) === null
const leaseShape = fields({ holder: text, until: count, endsAt: count, ended: maybe(truth) })
