import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeRecord, follows, type HeadRecord, wasChanged } from './head-record.ts'

interface Oddity {
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
        if (wasChanged(line)) return changedRecord(line, tip)
      } else if (sealed) continue
      else if (record.kind === 'seal') sealed = true
      else if (record.kind === 'open') {
        const expected: Pick<HeadRecord, 'rev' | 'text'> | null =
          tip ?? (number === 1 ? { rev: 0, text: 'null' } : null)
        const continues = tip === null || record.chain === tip.chain
        if (expected && (record.rev !== expected.rev || record.text !== expected.text || !continues))
          return { ...record, what: `log ${number} does not begin where the one before it ended` }
        tip = record
      } else {
        const name = `${record.rev} ${record.writer}`
        if (seen.has(name)) return { ...record, what: 'its writer appended it twice' }
        seen.add(name)
        if (record.rev !== (tip?.rev ?? 0) + 1) continue
        if (tip && !follows(tip, record)) return { ...record, what: 'it does not follow from the one before it' }
        tip = record
      }
    }
  }
  return null
}

function* linesOf(bytes: Buffer): Iterable<Buffer> {
  for (let from = 0, end = bytes.indexOf(10); end !== -1; from = end + 1, end = bytes.indexOf(10, from))
    if (end > from) yield bytes.subarray(from, end)
}

/** Says which it was, as far as it can still be read. */
function changedRecord(line: Buffer, tip: HeadRecord | null): Oddity {
  const what = 'its checksum does not fit what it says'
  try {
    const { rev, cause } = JSON.parse(line.toString('utf8', line.indexOf('{'))) as { rev: number; cause: string }
    return { rev, cause, what }
  } catch {
    return { rev: (tip?.rev ?? 0) + 1, cause: 'unknown', what }
  }
}
