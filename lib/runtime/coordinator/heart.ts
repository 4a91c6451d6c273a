import { heartbeatMs } from '../../checkpoint/decide.ts'
import type { HeadWriter } from '../../checkpoint/head-writer.ts'
import type { Clock } from '../../host/clock.ts'
import { SILENT_MS } from '../../model/head.ts'
import { hasCode } from '../../model/errors.ts'

interface Body {
  readonly writer: HeadWriter
  readonly clock: Clock
  /** Another coordinator has taken over: what is under way is of no use. */
  readonly onFenced: (error: unknown) => void
}

/**
 * Gives signs of life while its coordinator works: whenever the head has not been written for a third of its lease, so
 * that a batch may take longer than a coordinator is believed to live in silence. One that stays unanswered is not the
 * end: the next write of the batch finds out what is true.
 *
 * It sleeps on when a piece of work is done, and finds the next one under way or ends: most batches are over long
 * before the first sign of life, and none of them sets a timer.
 */
export class Heart {
  readonly #body: Body
  readonly #stopped = new AbortController()
  #works = 0
  #isBeating = false
  #sign: Promise<void> | null = null

  constructor(body: Body) {
    this.#body = body
  }

  /** Beats while `work` goes on. */
  async during<R>(work: () => Promise<R>): Promise<R> {
    this.#works++
    if (!this.#isBeating) void this.#beat()
    try {
      return await work()
    } finally {
      this.#works--
      if (this.#sign) await this.#sign
    }
  }

  /** For good: nothing is left of it that would wake. */
  stop(): void {
    this.#stopped.abort()
  }

  async #beat(): Promise<void> {
    const { writer, clock } = this.#body
    const { signal } = this.#stopped
    this.#isBeating = true
    while (this.#works > 0 && !signal.aborted) {
      const everyMs = writer.isSilent ? SILENT_MS : heartbeatMs(writer.head)
      const silentMs = clock.now() - writer.writtenAt
      // A clock that was set back must not keep the heart from beating.
      await clock.sleepUntil(clock.now() + Math.max(1, Math.min(everyMs, everyMs - silentMs)), signal, 'idle')
      if (this.#works === 0 || clock.now() - writer.writtenAt < everyMs) continue
      this.#sign = this.#renew()
      await this.#sign
      this.#sign = null
    }
    this.#isBeating = false
  }

  async #renew(): Promise<void> {
    try {
      await this.#body.writer.renew()
    } catch (error) {
      if (!hasCode(error, 'E_FENCED')) return
      this.stop()
      this.#body.onFenced(error)
    }
  }
}
