import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { JsonReporter } from './json-reporter.ts'

/** A log is put aside when it is this large, and the one before it goes away: a stream runs for months. */
const BYTES_MAX = 16 * 1024 * 1024

/**
 * The facts of a run as JSON lines in `<dir>/log.ndjson`, each with the time at which it was written. What `print()`
 * writes is not a fact about the run.
 */
export class LogFile extends JsonReporter {
  constructor(dir: string, version: string) {
    mkdirSync(dir, { recursive: true })
    const path = join(dir, 'log.ndjson')
    let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    super((line) => {
      if (bytes > BYTES_MAX) {
        renameSync(path, join(dir, 'log.1.ndjson'))
        bytes = 0
      }
      const dated = `{"at":"${new Date().toISOString()}",${line.slice(1)}`
      appendFileSync(path, dated)
      bytes += dated.length
    }, version)
  }

  override print(_text: string): void {}
}
