import { crc32 } from 'node:zlib'
import type { BlobStore } from '../host/blob-store.ts'
import type { OwedOutput } from '../model/head.ts'
import { SluiceError } from '../model/errors.ts'
import { count, fields, list, oneOf, text, json } from '../model/shape.ts'
import type { ObjectKeys } from './object-keys.ts'

/** What somebody decided about outputs that owe batches: try them now, or give up what they owe. */
export interface OutputCommand {
  readonly verb: 'retry' | 'drop'
  readonly outputs: readonly string[]
  /** Batches up to here are meant: what fails later was not known to whoever gave it. */
  readonly upTo: number
}

interface StoredOutputCommand extends OutputCommand {
  readonly key: string
}

export const putOutputCommand = (
  blobs: BlobStore,
  keys: ObjectKeys,
  command: OutputCommand,
  id: string,
): Promise<void> =>
  blobs.putNew(keys.outputCommand(id), Buffer.from(JSON.stringify({ ...command, crc: sumOf(command) })))

/** All that are left; whoever holds the head carries them out, and deletes them then. */
export async function readOutputCommands(blobs: BlobStore, keys: ObjectKeys): Promise<StoredOutputCommand[]> {
  const found = await blobs.list(keys.outputCommands)
  return Promise.all(found.map(async (key) => ({ ...decoded(await blobs.get(key), key), key })))
}

/** Nothing refers to a command, so it carries its checksum itself. */
function decoded(bytes: Uint8Array, key: string): OutputCommand {
  const value = json(bytes)
  if (shape(value) === null) {
    const { crc, ...command } = value as OutputCommand & { readonly crc: number }
    if (crc === sumOf(command)) return command
  }
  throw new SluiceError('E_BLOB_CORRUPT', `${key} is no decision about outputs.`, {
    where: { detail: key },
    did: 'nothing was given up',
    next: ['delete the object, then decide again: sluice outputs'],
  })
}

const shape = fields({ verb: oneOf('retry', 'drop'), outputs: list(text), upTo: count, crc: count })

const sumOf = ({ verb, outputs, upTo }: OutputCommand): number => crc32(JSON.stringify([verb, outputs, upTo]))

/** Whether somebody gave up this batch of this output. */
export const isDropped = (
  commands: readonly OutputCommand[],
  { output, batch }: Pick<OwedOutput, 'output' | 'batch'>,
): boolean => commands.some(({ verb, outputs, upTo }) => verb === 'drop' && batch <= upTo && outputs.includes(output))
