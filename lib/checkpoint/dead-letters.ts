import { crc32 } from 'node:zlib'
import type { BlobStore } from '../host/blob-store.ts'
import type { DeadLetterCommand, DeadLetters } from '../model/dead-letter.ts'
import { SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import type { Json } from '../model/json.ts'
import type { Manifest } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import {
  both,
  inWords,
  count,
  fields,
  list,
  maybe,
  type Misfit,
  misfit,
  nullOr,
  oneOf,
  type Shape,
  text,
  upTo,
  isJson,
  json,
} from '../model/shape.ts'
import type { ObjectKeys } from './object-keys.ts'

/** What a letter says of its record, wherever it comes from. */
export const letterFacts: Shape = fields({
  id: text,
  source: text,
  split: text,
  index: count,
  code: text,
  message: text,
  place: nullOr(text),
  retryOf: maybe(text),
  undecoded: maybe(fields({ path: text, offset: count })),
  ofOutput: maybe(oneOf(true)),
})

/** A split that stands for dead letters which are to be read again; every other split is the source's own. */
export interface LetterSplit {
  readonly 'sluice.deadLetters': { readonly ref: BlobRef; readonly ids: readonly string[] }
}

export const letterSplit = (ref: BlobRef, ids: readonly string[]): Json =>
  ({ 'sluice.deadLetters': { ref, ids } }) as unknown as Json

export const isLetterSplit = (split: unknown): split is LetterSplit =>
  typeof split === 'object' && split !== null && 'sluice.deadLetters' in split

/** What is open after a batch: what was open before and nobody has dealt with since, and what the batch adds. */
export function openLetters(
  before: readonly DeadLetters[],
  settled: ReadonlySet<string>,
  added: readonly DeadLetters[],
): DeadLetters[] {
  const left = before
    .map((letters) => ({ ...letters, open: without(letters.open, settled) }))
    .filter(({ open }) => Object.keys(open).length > 0)
  return [...left, ...added]
}

const without = (open: DeadLetters['open'], settled: ReadonlySet<string>): DeadLetters['open'] =>
  Object.fromEntries(
    Object.entries(open)
      .map(([source, ids]) => [source, ids.filter((id) => !settled.has(id))] as const)
      .filter(([, ids]) => ids.length > 0),
  )

export const idsOf = (letters: readonly DeadLetters[]): string[] =>
  letters.flatMap(({ open }) => Object.values(open).flat())

/** What is open after the last batch, together with what its outputs have left since. */
export const allOpen = (head: Head, manifest: Manifest | null): readonly DeadLetters[] => [
  ...(manifest?.deadLetters ?? []),
  ...(head.letters ?? []),
]

/**
 * A command is kept until the coordinator that reads it has committed a batch that carries it out; twice changes
 * nothing, because ids are never used again.
 */
export function putCommand(blobs: BlobStore, keys: ObjectKeys, command: DeadLetterCommand, id: string): Promise<void> {
  const { verb, ids } = command
  return blobs.putNew(
    keys.deadLetterCommand(id),
    Buffer.from(JSON.stringify({ wish: verb, ids, crc: sumOf(command) } satisfies StoredForm)),
  )
}

export interface StoredCommand extends DeadLetterCommand {
  readonly key: string
}

/** Throws `E_BLOB_CORRUPT` for what was not written as a command: nobody may guess what was meant. */
export const readCommands = async (blobs: BlobStore, keys: readonly string[]): Promise<StoredCommand[]> =>
  Promise.all(keys.map(async (key) => ({ key, ...decodeCommand(await blobs.get(key), key) })))

/** The verb has been stored as `wish` since version 0.1.0, which wrote no checksum. */
interface StoredForm {
  readonly wish: DeadLetterCommand['verb']
  readonly ids: readonly string[]
  readonly crc?: number
}

/** Nothing refers to a command, so that it carries its checksum itself. */
const commandShape: Shape = both(
  fields({ wish: oneOf('retry', 'drop'), ids: list(text), crc: maybe(upTo(2 ** 32 - 1)) }),
  (value) => {
    const { crc, wish, ids } = value as StoredForm
    if (crc === undefined || crc === sumOf({ verb: wish, ids })) return null
    return misfit('is not what was written')
  },
)

function decodeCommand(bytes: Uint8Array, key: string): DeadLetterCommand {
  const value = json(bytes)
  const wrong = isJson(value) ?? commandShape(value)
  if (wrong !== null) throw damagedCommand(key, wrong)
  const { wish, ids } = value as StoredForm
  return { verb: wish, ids }
}

const sumOf = ({ verb, ids }: DeadLetterCommand): number => crc32(JSON.stringify([verb, ids]))

const damagedCommand = (key: string, wrong: Misfit): SluiceError =>
  new SluiceError('E_BLOB_CORRUPT', `${key} is no decision about dead letters: it ${inWords(wrong)}.`, {
    where: { object: key, detail: key },
    did: 'nothing was started',
    next: ['delete the object, then decide again: sluice dead'],
  })

/** Commands of which nothing is open any more, once `manifest` is committed. */
export function carriedOut(commands: readonly StoredCommand[], { deadLetters = [] }: Manifest): StoredCommand[] {
  if (commands.length === 0) return []
  const open = new Set(idsOf(deadLetters))
  return commands.filter(({ ids }) => !ids.some((id) => open.has(id)))
}

/** More records than this, and more than one in a hundred: then it is the code that is at fault, not the data. */
const LETTERS_MAX = 100
const SHARE_MAX = 0.01

/** So many of these records may be set aside. */
export const lettersMax = (records: number): number => Math.max(LETTERS_MAX, Math.floor(SHARE_MAX * records))
