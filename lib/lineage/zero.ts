import { ByteReader, ByteWriter } from '../codec/bytes.ts'
import { readValue, writeValue } from '../codec/value.ts'

/**
 * Makes copies of a zero value, so that a function may change and return the one it was given: each copy is as new.
 * Throws `E_NOT_SERIALISABLE` for a zero that cannot be copied (a function, an instance of a class without a codec).
 */
export function zeroMaker<Z>(zero: Z): () => Z {
  if (typeof zero !== 'object' || zero === null) return () => zero
  const writer = new ByteWriter(64)
  writeValue(writer, zero, 'zero')
  const bytes = writer.copy()
  return () => readValue(new ByteReader(bytes, 'zero')) as Z
}
