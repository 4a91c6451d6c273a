import type { Log } from '../host/log.ts'
import { SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'

/** The head is read and written with every batch, and an item of a table cannot hold more than a few times this. */
export const HEAD_BYTES_MAX = 64 * 1024
const HEAD_BYTES_WARN = HEAD_BYTES_MAX / 2
/** What a takeover may add: another holder and a few more digits. */
const SLACK = 256

/**
 * Throws `E_HEAD_SIZE` for a head that must not be written, and says so well before. A head that is too large already
 * may still shrink: whoever holds it has to be able to deliver what fills it.
 */
export function checkSize(head: Head, cause: string, log: Log, before: Head | null = null): void {
  if (bytesAtMost(head) <= HEAD_BYTES_WARN) return
  const bytes = bytesOf(head)
  if (bytes <= HEAD_BYTES_WARN) return
  const message =
    `The head of "${head.app}" would have ${bytes} bytes; it may have ${HEAD_BYTES_MAX}. Most of it is ` +
    `${heaviest(head)}.`
  if (bytes <= HEAD_BYTES_MAX || (before !== null && bytes <= bytesOf(before) + SLACK))
    return log.event({ type: 'head-grows', level: 'warn', message })
  throw new SluiceError('E_HEAD_SIZE', message, {
    where: { detail: `step "${cause}"` },
    did: 'the head was not written; it is what it was',
    next: waysFor(head),
  })
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value) ?? '')

/** A bound that needs no text: nearly every head is far below what is allowed, and each write comes through here. */
function bytesAtMost(value: unknown): number {
  if (typeof value === 'string') return value.length * ESCAPED_MAX + 3
  if (typeof value !== 'object' || value === null) return PLAIN_MAX
  let bytes = 3
  if (Array.isArray(value)) for (const item of value) bytes += bytesAtMost(item)
  else for (const name in value) bytes += name.length * ESCAPED_MAX + 4 + bytesAtMost((value as Fields)[name])
  return bytes
}

type Fields = Readonly<Record<string, unknown>>

/** A character as \u0000, and the longest number with its comma. */
const ESCAPED_MAX = 6
const PLAIN_MAX = 26

const heaviestField = (head: Head): keyof Head =>
  (Object.keys(head) as (keyof Head)[]).reduce((most, field) =>
    bytesOf(head[field]) > bytesOf(head[most]) ? field : most,
  )

function heaviest(head: Head): string {
  const field = heaviestField(head)
  const bytes = bytesOf(head[field])
  switch (field) {
    case 'owed':
      return `what ${head.owed.length} outputs are owed (${bytes} bytes)`
    case 'conf':
      return `the configuration (${bytes} bytes)`
    default:
      return `the field "${field}" (${bytes} bytes)`
  }
}

function waysFor(head: Head): string[] {
  if (heaviestField(head) === 'conf') return ['put long settings into a file that the program reads']
  return ['mend what the outputs write to, so that what is owed can be delivered']
}
