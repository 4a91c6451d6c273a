import { SluiceError } from '../model/errors.ts'
import type { GraphFacts } from '../model/graph-facts.ts'
import type { BlobRef } from '../model/refs.ts'
import { both, count, fields, list, maybe, misfit, nullOr, oneOf, type Shape, text, truth } from '../model/shape.ts'
import { parsedObject } from './ref-shape.ts'

/**
 * The description of a graph that an object holds, once every field of it is known to be one. Throws
 * `E_MANIFEST_FORMAT` for one of a later build, else `E_MANIFEST_CORRUPT`.
 */
export const decodeFacts = (bytes: Uint8Array, ref: BlobRef): GraphFacts =>
  parsedObject('Graph', bytes, ref, (value) => {
    const format = (value as { format?: unknown } | null)?.format
    if (Number.isSafeInteger(format) && format !== 1) throw later(ref, format as number)
    return graphShape(value)
  }) as GraphFacts

const later = ({ key }: BlobRef, format: number): SluiceError =>
  new SluiceError('E_MANIFEST_FORMAT', `The stored graph ${key} has format ${format}; this build reads format 1.`, {
    where: { object: key, detail: key },
    did: 'nothing was written',
    next: ['run the version that wrote it'],
  })

const operator = fields({
  uid: text,
  own: truth,
  named: truth,
  kind: text,
  parents: list(count),
  slideMs: count,
  was: maybe(text),
  partitioner: maybe(fields({ id: text, partitions: count })),
  state: maybe(fields({ version: count, migrates: truth })),
  window: maybe(fields({ lengthMs: count, paneMs: count, inverse: truth, keeps: maybe(text) })),
  source: maybe(fields({ name: text, identity: nullOr(text), receives: truth })),
  output: maybe(fields({ guarantee: oneOf('exactly-once', 'at-least-once') })),
})

/** Of a description of a graph, wherever it comes from. */
export const graphShape: Shape = both(
  fields({ format: oneOf(1), batchMs: count, keyGroups: count, operators: list(operator) }),
  (value) => {
    const { operators } = value as GraphFacts
    const isOrdered = operators.every(({ parents }, i) => parents.every((parent) => parent < i))
    if (isOrdered) return null
    return misfit('has an operator before its parent')
  },
)
