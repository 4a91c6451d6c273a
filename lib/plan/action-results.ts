import { ByteReader, ByteWriter } from '../codec/bytes.ts'
import { readValue, writeValue } from '../codec/value.ts'

/** Results of actions inside `transform` travel in the plan as text. */
export function encodeActionResult(result: unknown): string {
  const w = new ByteWriter()
  writeValue(w, result, 'result of an action inside transform')
  return Buffer.from(w.copy()).toString('base64')
}

export const decodeActionResult = (text: string): unknown =>
  readValue(new ByteReader(Buffer.from(text, 'base64'), 'recorded action'))
