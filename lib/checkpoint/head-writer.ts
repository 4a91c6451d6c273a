import type { HeadStore, Versioned } from '../host/head-store.ts'
import { SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import { decideAftermath } from './decide.ts'
import type { Cause } from './transition.ts'

/** How often an unanswered write is looked up before the coordinator gives up; it then stops, and the next one finds out. */
const LOOKUPS_MAX = 5

/**
 * The head as one coordinator holds it. All writes go through here, one at a time. A write that was refused or got no answer says nothing:
 * the head is read again and identities are compared (rule R1), never retried blindly.
 */
export class HeadWriter {
  readonly #store: HeadStore<Head>
  #current: Versioned<Head>

  constructor(store: HeadStore<Head>, current: Versioned<Head>) {
    this.#store = store
    this.#current = current
  }

  get head(): Head { return this.#current.value }
  get rev(): number { return this.#current.rev }

  /** Moves the head to `next`. Throws `E_FENCED` when another coordinator has taken over. */
  async write(next: Head, cause: Cause): Promise<void> {
    for (let attempt = 0; attempt < LOOKUPS_MAX; attempt++) {
      const outcome = await this.#try(next, cause)
      if (outcome === 'written') {
        this.#current = { rev: this.#current.rev + 1, value: next }
        return
      }
      const found = await this.#store.read()
      const aftermath = decideAftermath(next, found?.value ?? null)
      if (aftermath === 'fenced') throw fenced(next, found?.value ?? null)
      this.#current = found!
      if (aftermath === 'mine') return
      if (found!.value.committed !== next.committed && cause === 'mark') throw fenced(next, found!.value)
    }
    throw new SluiceError('E_HEAD_UNREACHABLE', `The head of "${next.app}" did not answer ${LOOKUPS_MAX} times.`, { did: `the step "${cause}" was left to the next start`, retry: true, next: ['check the store and start again'] })
  }

  // A mark that a power cut takes away costs a repeated output, which the mark could not exclude anyway; nobody waits for the disk.
  async #try(next: Head, cause: Cause): Promise<'written' | 'unsure'> {
    try {
      return (await this.#store.cas(this.#current.rev, next, cause, cause === 'mark' ? 'soon' : 'now')) === 'written' ? 'written' : 'unsure'
    } catch (error) {
      if (error instanceof SluiceError && !error.retry) throw error
      return 'unsure'
    }
  }
}

const fenced = (mine: Head, found: Head | null): SluiceError =>
  new SluiceError('E_FENCED', `Another coordinator has taken over "${mine.app}" (epoch ${found?.epoch ?? 'unknown'}, mine was ${mine.epoch}).`, {
    where: { batch: mine.committed }, did: 'this one stopped; nothing was lost', next: ['let the other one run, or stop it first'],
  })
