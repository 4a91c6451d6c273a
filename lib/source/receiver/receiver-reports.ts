import { messageOf, SluiceError, stackOf } from '../../model/errors.ts'
import type { EngineEvent } from '../../model/events.ts'
import { given } from '../../model/given.ts'
import type { ReceiverEnvironment, ReceiverInfo } from '../source.ts'
import type { Receiver } from './receiver.ts'
import type { Loss } from './single-records.ts'

/**
 * What the log and listeners hear of one receiver. Nobody else would ever hear of it: a stream whose receiver is in
 * trouble only looks empty.
 */
export class ReceiverReports {
  readonly name: string
  readonly #receiver: Receiver<any>
  readonly #environment: ReceiverEnvironment
  readonly #isActive: () => boolean
  #lastError = { lastErrorMessage: '', lastError: '', lastErrorTime: -1 }

  constructor(receiver: Receiver<any>, environment: ReceiverEnvironment, isActive: () => boolean) {
    this.name = `${receiver.constructor.name || 'Receiver'}-${environment.streamId}`
    this.#receiver = receiver
    this.#environment = environment
    this.#isActive = isActive
  }

  started(): void {
    this.#environment.events.started(this.#info())
  }

  /** Before it is told to let go. */
  stops(message: string, error: unknown): void {
    this.#remember(error === undefined ? message : `${message} - ${messageOf(error)}`, error)
    if (error !== undefined) this.#log({ type: 'receiver-stopped', ...this.#of, message, error: messageOf(error) })
  }

  stopFailed(error: unknown): void {
    const message = `the receiver of stream ${this.#environment.streamId} threw in onStop`
    this.#log({ type: 'receiver-stop-failed', ...this.#of, message, error: messageOf(error) })
  }

  stopped(): void {
    this.#environment.events.stopped(this.#info())
  }

  restarts(delayMs: number, message: string, error: unknown): void {
    this.#log({ type: 'receiver-restart', ...this.#of, delayMs, message, ...given({ error: wordsOf(error) }) })
  }

  error(message: string, error: unknown): void {
    const words = wordsOf(error)
    this.#log({
      type: 'receiver-error',
      ...this.#of,
      message: `${this.name}: ${message}`,
      ...given({ error: words !== message && words }),
    })
    this.#tell(message, error)
  }

  /** `became` says what has become of them, and of `total` in all. */
  lost({ records, what, example, error }: Loss, total: number, became: 'set aside' | 'left out'): void {
    this.#log({
      type: 'receiver-lost',
      ...this.#of,
      message: `${this.name}: ${what} (${total} ${became} in all), such as ${example}`,
      code: error instanceof SluiceError ? error.code : null,
      records,
      total,
      example,
      error: messageOf(error),
    })
    this.#tell(`${what}: ${messageOf(error)}`, error)
  }

  /** Said once: it may go on for long. */
  recordAfterStop(): void {
    this.#log({
      type: 'receiver-record-after-stop',
      ...this.#of,
      message:
        `the receiver of stream ${this.#environment.streamId} hands records over after it was stopped; ` +
        'they are lost',
    })
  }

  #log(event: EngineEvent): void {
    this.#environment.io.log.event(event)
  }

  get #of(): { readonly level: 'warn'; readonly stream: number } {
    return { level: 'warn', stream: this.#environment.streamId }
  }

  #tell(message: string, error: unknown): void {
    this.#remember(message, error)
    this.#environment.events.error(this.#info())
  }

  #remember(message: string, error: unknown): void {
    this.#lastError = {
      lastErrorMessage: message,
      lastError: error === undefined ? '' : stackOf(error) || messageOf(error),
      lastErrorTime: error === undefined ? -1 : this.#environment.io.clock.now(),
    }
  }

  #info(): ReceiverInfo {
    return {
      streamId: this.#environment.streamId,
      name: this.name,
      active: this.#isActive(),
      location: this.#receiver.preferredLocation ?? 'localhost',
      executorId: 'driver',
      ...this.#lastError,
    }
  }
}

const wordsOf = (error: unknown): string | undefined => (error === undefined ? undefined : messageOf(error))
