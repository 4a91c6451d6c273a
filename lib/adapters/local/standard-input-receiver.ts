import type { SluiceError } from '../../model/errors.ts'
import { LineBuffer, type LineOptions } from '../../source/line-buffer.ts'
import { checkOptions } from '../../model/options.ts'
import { LINE_OPTIONS } from '../../source/source-options.ts'
import { Receiver } from '../../source/receiver/receiver.ts'

/**
 * The lines of a stream that has an end, such as standard input: `tail -f x | sluice run app.ts`. While too much waits,
 * nothing is read, so whoever writes has to wait as well. A line that is not UTF-8 or too long is reported and left
 * out.
 */
export class StandardInputReceiver extends Receiver<string> {
  readonly #open: () => NodeJS.ReadStream
  readonly #lines: LineBuffer
  readonly #listeners: Readonly<Record<'data' | 'end' | 'error', (given: any) => void>>

  constructor(options: LineOptions = {}, open: () => NodeJS.ReadStream = () => process.stdin) {
    super()
    checkOptions('standard input', options, LINE_OPTIONS)
    this.#open = open
    this.#lines = new LineBuffer('standard input', {
      ...options,
      onBad: (error: SluiceError, bytes: Uint8Array) => {
        this.refuse(bytes, error)
        return 'left-out'
      },
    })
    this.#listeners = {
      data: (bytes: Uint8Array) => void this.#received(bytes),
      end: () => void this.#atEnd(),
      error: (error: Error) => this.stop('Standard input cannot be read any more', error),
    }
  }

  /** Opened by the one who reads it: every thread defines the program, and touching the stream is to take it. */
  get #input(): NodeJS.ReadStream {
    return this.#open()
  }

  onStart(): void {
    if (this.#input.readableEnded || this.#input.destroyed) return void this.#atEnd()
    for (const [event, listener] of Object.entries(this.#listeners)) this.#input.on(event, listener)
    this.#input.resume()
  }

  onStop(): void {
    for (const [event, listener] of Object.entries(this.#listeners)) this.#input.off(event, listener)
    this.#input.pause()
  }

  async #received(bytes: Uint8Array): Promise<void> {
    this.#input.pause()
    await this.#store(this.#lines.push(bytes))
    if (this.isStarted()) this.#input.resume()
  }

  async #atEnd(): Promise<void> {
    await this.#store(this.#lines.end())
    this.end()
  }

  async #store(lines: readonly string[]): Promise<void> {
    for (const line of lines) if (!this.storeOne(line)) await this.ready()
  }
}
