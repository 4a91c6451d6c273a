import { SluiceError } from '../../../model/errors.ts'
import { needsFunction } from '../../../lineage/bad-argument.ts'
import { FIRST_SCHEMA, type StateSchema } from '../../../state/schema.ts'
import { callerPlace } from '../../../model/place.ts'

/** How the state of an operator may change from one version of the program to the next. */
export interface StateVersions<S> extends FormerName {
  /** Of the values in the state; 1 if it is left out. Raise it when their shape changes. */
  readonly version?: number
  /**
   * Makes a value of this version of one that version `from` kept. Called once per key, with every older version that
   * may still be stored.
   */
  readonly migrate?: (old: any, from: number) => NoInfer<S>
}

/** For operators that were renamed. */
export interface FormerName {
  /** The uid that the operator had before it got its name, or another one: its state moves. */
  readonly was?: string
}

export const formerName = (options: unknown): FormerName => {
  const was = typeof options === 'object' && options !== null ? (options as FormerName).was : undefined
  return was === undefined ? {} : { was }
}

/** Throws `E_ARGUMENT`. */
export function schemaOf(
  version: number | undefined,
  migrate: ((old: any, from: number) => unknown) | undefined,
): StateSchema {
  if (version === undefined && migrate === undefined) return FIRST_SCHEMA
  if (!Number.isSafeInteger(version) || version! < 1) throw badVersion(version, migrate)
  if (migrate !== undefined) needsFunction(migrate, 'migrate')
  return { version: version!, migrate: migrate ?? null }
}

const badVersion = (version: unknown, migrate: unknown): SluiceError =>
  new SluiceError(
    'E_ARGUMENT',
    version === undefined && migrate
      ? 'migrate is given without a version.'
      : `${String(version)} is not a version of state: a whole number from 1 on.`,
    {
      where: { place: callerPlace() },
      did: 'nothing was started',
      next: ['version: 2, migrate: (old, from) => …'],
    },
  )
