import { jsonText } from '../../../codec/json-text.ts'
import { SluiceError } from '../../../model/errors.ts'
import { checkSettled } from '../../../model/settled.ts'

/** Text as it is, anything else as JSON. */
export function textMessage(value: unknown, path: string): string {
  checkSettled(value, 'the message')
  const text = typeof value === 'string' ? value : jsonText(value, path)
  if (FORBIDDEN.test(text) || !text.isWellFormed())
    throw unsendable(path, 'holds a character that queues and topics do not take')
  return text
}

/** What XML 1.0 has no form for, besides halves of surrogate pairs. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** What the service would not take, found before it is asked. */
export const unsendable = (path: string, why: string): SluiceError =>
  new SluiceError('E_SINK_VALUE', `${path} ${why}.`, {
    where: { detail: path },
    did: 'it was not sent',
    next: ['make the message smaller or plainer', "leave such records out: onRecordError: 'skip'"],
  })

export const tooLarge = (path: string, bytes: number, most: number): SluiceError =>
  unsendable(path, `is ${bytes} bytes, and the most is ${most}`)

export const bytesOf = (text: string): number => Buffer.byteLength(text)
