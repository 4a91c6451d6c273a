import { SluiceError, type Where } from '../model/errors.ts'
import type { Rule } from '../model/options.ts'
import { isPromise } from '../model/settled.ts'

/**
 * What every schema library that keeps to Standard Schema (standardschema.dev) gives: Zod, Valibot, ArkType and others.
 * Declared here, so that none of them has to be installed.
 */
export interface StandardSchema<Output = unknown> {
  /** The part that all of these libraries have in common. */
  readonly '~standard': {
    /** Of the standard. */
    readonly version: 1
    /** The library. */
    readonly vendor: string
    /** What it makes of a value, or why it does not. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    /** For the compiler only. */
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

/** The value that the schema made, or what is wrong with the one that it was given. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

/** One thing that is wrong. */
export interface SchemaIssue {
  /** In words. */
  readonly message: string
  /** Where in the value, from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What an option that is a schema may be. */
export const SCHEMA: Rule = {
  words: 'a schema of Zod, Valibot, ArkType or the like',
  holds: (value) => typeof (value as Partial<StandardSchema> | null)?.['~standard']?.validate === 'function',
}

/** What a schema makes of a value. Throws `E_RECORD_SCHEMA`, and `E_ASYNC` where the schema has to wait. */
export function conforming<T>(value: unknown, schema: StandardSchema<T>, where: Where = {}): T {
  const result = schema['~standard'].validate(value)
  if (isPromise(result)) {
    result.then(undefined, () => {})
    throw waits(schema['~standard'].vendor)
  }
  if (result.issues) throw nonconforming(result.issues, where)
  return result.value
}

/** At most so many of the things that are wrong are said. */
const SHOWN_MAX = 3

/** `[2].price: expected a number`: places are paths, as everywhere; the words are those of the schema. */
export function issueText(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, SHOWN_MAX).map(({ message, path = [] }) => {
    const place = path.map((step) => stepText(typeof step === 'object' ? step.key : step)).join('')
    return place === '' ? message : `${place.replace(/^\./, '')}: ${message}`
  })
  const more = issues.length - shown.length
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

const stepText = (key: PropertyKey): string => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)

const nonconforming = (issues: readonly SchemaIssue[], where: Where): SluiceError =>
  new SluiceError('E_RECORD_SCHEMA', `A record does not fit its schema: ${issueText(issues)}`, {
    where,
    next: ['let the schema allow it', "set such records aside: app(…, { onError: 'dead-letter' })"],
  })

const waits = (vendor: string): SluiceError =>
  new SluiceError('E_ASYNC', `The schema (${vendor}) answers with a promise, and the record is needed itself.`, {
    did: 'nothing of it was used',
    next: ['leave out what is asynchronous in the schema', 'wait for it with mapAsync'],
  })
