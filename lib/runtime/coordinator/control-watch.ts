import { checkedControl } from '../../checkpoint/control.ts'
import type { Host } from '../../host/host.ts'
import { type Pause, pausedWords } from '../../model/control.ts'
import { hasCode, messageOf } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'

/**
 * Whether somebody has paused the app, as it is asked between batches. While the app goes on, the record is read once
 * an interval; while it is paused, each time.
 */
export class ControlWatch {
  readonly #host: Pick<Host<Head>, 'clock' | 'log' | 'control'>
  #interval = -1
  #paused: Pause | null = null

  constructor(host: Pick<Host<Head>, 'clock' | 'log' | 'control'>) {
    this.#host = host
  }

  /** It has been looked at just now, and nobody had paused the app. */
  wentOn(head: Head): void {
    this.#interval = this.#intervalOf(head)
  }

  #intervalOf({ zeroTime, intervalMs }: Head): number {
    return Math.floor((this.#host.clock.now() - zeroTime) / intervalMs)
  }

  /** Who has paused the app; `null` while it goes on. Throws `E_CONTROL_CORRUPT`. */
  async paused(head: Head): Promise<Pause | null> {
    const interval = this.#intervalOf(head)
    if (this.#paused === null && interval === this.#interval) return null
    const { paused } = await this.#read()
    this.#interval = interval
    if ((paused === null) !== (this.#paused === null)) this.#say(paused)
    return (this.#paused = paused)
  }

  /** A table that does not answer now says nothing new: what was known goes on. */
  async #read(): Promise<{ readonly paused: Pause | null }> {
    const { control, log } = this.#host
    try {
      return checkedControl(await control.read()).value
    } catch (error) {
      if (!hasCode(error, 'E_CONTROL_READ')) throw error
      log.event({ type: 'control-unread', level: 'warn', message: messageOf(error) })
      return { paused: this.#paused }
    }
  }

  #say(paused: Pause | null): void {
    this.#host.log.event(
      paused === null
        ? { type: 'resumed', level: 'warn', message: 'goes on: it was resumed' }
        : { type: 'paused', level: 'warn', message: `${pausedWords(paused)}: no batch begins until it is resumed` },
    )
  }
}
