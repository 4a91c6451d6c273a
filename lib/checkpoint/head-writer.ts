import type { HeadStore, Versioned } from '../host/head-store.ts'
import { type Log, silentLog } from '../host/log.ts'
import { SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import { checkedHead } from './check-head.ts'
import { decideAftermath } from './decide.ts'
import { checkSize } from './head-size.ts'
import type { Cause } from './transition.ts'

/**
 * How often an unanswered write is looked up before the coordinator gives up; it then stops, and the next one finds
 * out.
 */
const LOOKUPS_MAX = 5

/**
 * The head as one coordinator holds it. All writes go through here, one at a time. A write that was refused or got no
 * answer says nothing: the head is read again and identities are compared (rule R1), never retried blindly.
 */
export class HeadWriter {
  readonly #store: HeadStore<Head>
  readonly #log: Log
  #current: Versioned<Head>

  /** Of somebody who holds `current`. */
  constructor(store: HeadStore<Head>, current: Versioned<Head>, log: Log = silentLog) {
    this.#store = store
    this.#log = log
    this.#current = current
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
    log: Log = silentLog,
  ): Promise<HeadWriter> {
    checkSize(mine, cause, log, found?.value ?? null)
    const before = { rev: found?.rev ?? 0, value: mine }
    const writer = new HeadWriter(store, before, log)
    const other = await writer.#move(before.rev, mine, cause)
    if (other === 'moved') return writer
    throw new SluiceError(
      'E_BUSY',
      `"${mine.app}" was taken by another process at the same moment: ${other?.holder ?? 'unknown'}.`,
      { did: 'nothing was started', retry: true, next: ['start again'] },
    )
  }

  get head(): Head {
    return this.#current.value
  }
  get rev(): number {
    return this.#current.rev
  }

  /**
   * Moves the head to `next`. Throws `E_HEAD_SIZE` before anything is sent, `E_FENCED` when another coordinator has
   * taken over, and `E_HEAD_UNREACHABLE` when it stays unknown whether the write arrived: its author must stop then,
   * because what it would do next depends on the answer.
   */
  async write(next: Head, cause: Cause): Promise<void> {
    checkSize(next, cause, this.#log, this.#current.value)
    const other = await this.#move(this.#current.rev, next, cause)
    if (other !== 'moved') throw fenced(next, other)
  }

  /** Returns the head that somebody else has written meanwhile, if so. */
  async #move(expected: number, next: Head, cause: Cause): Promise<'moved' | Head | null> {
    for (let attempt = 0; attempt < LOOKUPS_MAX; attempt++) {
      if ((await this.#try(expected, next, cause)) === 'written') {
        this.#current = { rev: expected + 1, value: next }
        return 'moved'
      }
      const found = await this.#look()
      if (found === 'unknown') continue
      const aftermath = decideAftermath(next, expected, found)
      if (aftermath === 'fenced') return found?.value ?? null
      if (aftermath === 'not-yet') continue
      this.#current = found!
      return 'moved'
    }
    throw new SluiceError('E_HEAD_UNREACHABLE', `The head of "${next.app}" did not answer ${LOOKUPS_MAX} times.`, {
      did: `the step "${cause}" was left to the next start`,
      retry: true,
      next: ['check the store and start again'],
    })
  }

  // A mark that a power cut takes away costs a repeated output, which the mark could not exclude anyway: nobody waits
  // for the disk.
  async #try(expected: number, next: Head, cause: Cause): Promise<'written' | 'unsure'> {
    try {
      return (await this.#store.cas(expected, next, cause, cause === 'mark' ? 'soon' : 'now')) === 'written'
        ? 'written'
        : 'unsure'
    } catch (error) {
      if (error instanceof SluiceError && !error.retry) throw error
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
