import { appendFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolders } from '../codec/folders.ts'
import { asDirectoryError } from '../adapters/local/folder.ts'
import { messageOf } from '../model/errors.ts'
import { JsonReporter } from './json-reporter.ts'

/** A log is put aside when it is this large, and the one before it goes away: a stream runs for months. */
const BYTES_MAX = 16 * 1024 * 1024

/**
 * The facts of a run as JSON lines in `<dir>/log.ndjson`, each with the time at which it was written. What `print()`
 * writes is not a fact about the run.
 */
export class LogFile extends JsonReporter {
  /** `failed` hears once that the log cannot be written: the run goes on without. Throws `E_DIRECTORY` at the start. */
  constructor(dir: string, version: string, failed: (message: string) => void) {
    const file = new RotatedFile(dir)
    let isBroken = false
    super((line) => {
      try {
        file.append(`{"at":"${new Date().toISOString()}",${line.slice(1)}`)
        isBroken = false
      } catch (error) {
        const isNews = !isBroken
        isBroken = true
        if (isNews) failed(`the log of the run cannot be written: ${messageOf(error)}`)
      }
    }, version)
  }

  override print(_text: string): void {}
}

/** `log.ndjson`, and the one before it. */
class RotatedFile {
  readonly #dir: string
  readonly #path: string
  #bytes: number

  constructor(dir: string) {
    this.#dir = dir
    this.#path = join(dir, 'log.ndjson')
    try {
      makeFolders(dir)
      this.#bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0
      appendFileSync(this.#path, '')
    } catch (error) {
      throw asDirectoryError(dir, error)
    }
  }

  append(text: string): void {
    if (this.#bytes > BYTES_MAX) {
      renameSync(this.#path, join(this.#dir, 'log.1.ndjson'))
      this.#bytes = 0
    }
    appendFileSync(this.#path, text)
    this.#bytes += text.length
  }
}
