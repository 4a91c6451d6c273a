import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeRecord, type HeadRecord } from './head-record.ts'

export interface Oddity {
  readonly rev: number
  readonly cause: string
  readonly what: string
}

/**
 * The first thing in the logs of a folder that writers never leave behind, though readers pass over it: a writer
 * appends a revision once, a log begins where the one before it ended, and of a record that is cut off the end is
 * missing. Only copies and changes from outside look otherwise.
 */
export function headOddity(dir: string): Oddity | null {
  const numbers = readdirSync(dir)
    .flatMap((name) => /^head-([1-9]\d*)\.log$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
  let tip: HeadRecord | null = null
  for (const number of numbers) {
    const seen = new Set<string>()
    let sealed = false
    for (const line of linesOf(readFileSync(join(dir, `head-${number}.log`)))) {
      const record = decodeRecord(line)
      if (record === null) {
        const changed = changedRecord(line)
        if (changed) return changed
      } else if (sealed) continue
      else if (record.kind === 'seal') sealed = true
      else if (record.kind === 'open') {
        const expected: Pick<HeadRecord, 'rev' | 'text'> | null =
          tip ?? (number === 1 ? { rev: 0, text: 'null' } : null)
        if (expected && (record.rev !== expected.rev || record.text !== expected.text))
          return { ...record, what: `log ${number} does not begin where the one before it ended` }
        tip = record
      } else {
        const name = `${record.rev} ${record.writer}`
        if (seen.has(name)) return { ...record, what: 'its writer appended it twice' }
        seen.add(name)
        if (record.rev === (tip?.rev ?? 0) + 1) tip = record
      }
    }
  }
  return null
}

function* linesOf(bytes: Buffer): Iterable<Buffer> {
  for (let from = 0, end = bytes.indexOf(10); end !== -1; from = end + 1, end = bytes.indexOf(10, from))
    if (end > from) yield bytes.subarray(from, end)
}

/** A record that is whole and does not fit its checksum. */
function changedRecord(line: Buffer): Oddity | null {
  const json = line.toString('utf8', line.indexOf(32) + 1)
  if (!json.startsWith('{"kind":')) return null
  try {
    const { rev, cause } = JSON.parse(json) as { rev: number; cause: string }
    return { rev, cause, what: 'its checksum does not fit what it says' }
  } catch {
    return null
  }
}
