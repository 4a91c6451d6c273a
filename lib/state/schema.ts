import type { OperatorUid } from '../model/ids.ts'
import { messageOf, SluiceError } from '../model/errors.ts'
import type { OperatorState } from '../model/manifest.ts'
import type { KeyedState } from './keyed-state.ts'

/** Which version of its values an operator reads and writes, and how it makes one of an older. */
export interface StateSchema {
  /** Number of the shape, from 1. */
  readonly version: number
  /** Makes a value of this version of one of an older version. */
  readonly migrate: ((old: unknown, from: number) => unknown) | null
}

export const FIRST_SCHEMA: StateSchema = { version: 1, migrate: null }

export const versionOf = (committed: OperatorState | null): number => committed?.version ?? 1

/** Whether what is stored has to be rewritten: by a snapshot, because a delta would leave the rest as it was. */
export const isOlder = (committed: OperatorState | null, schema: StateSchema | undefined): schema is StateSchema =>
  committed !== null && schema !== undefined && versionOf(committed) < schema.version

/**
 * Brings state as it was stored to the version of the program, in memory. What comes of it is written by the batch that
 * asked, and counts when that batch is committed; until then the old blocks are the state. Throws `E_STATE_MIGRATE`,
 * which names a key by its hash and never by what it is.
 */
export function migrateState(
  operator: OperatorUid,
  state: KeyedState,
  from: number,
  { version, migrate }: StateSchema,
): void {
  state.replaceValues((value, hash) => {
    try {
      const made = migrate!(value, from)
      if (made !== undefined) return made
    } catch (error) {
      throw failed(operator, from, version, hash, `threw ${messageOf(error)}`, error)
    }
    throw failed(operator, from, version, hash, 'returned nothing')
  })
}

const failed = (
  operator: OperatorUid,
  from: number,
  version: number,
  hash: number,
  what: string,
  cause?: unknown,
): SluiceError =>
  new SluiceError('E_STATE_MIGRATE', `migrate of "${operator}", from version ${from} to ${version}, ${what}.`, {
    where: { operator, detail: `key with the hash ${(hash >>> 0).toString(16).padStart(8, '0')}` },
    did: 'the batch was not committed; the state of every key is what it was',
    next: [
      'mend migrate and start again',
      `or run the program that reads version ${from}: it goes on where it stopped`,
    ],
    cause,
  })
