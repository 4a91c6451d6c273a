import { attributeBytes, attributesOf } from './message-attributes.ts'
import { isThrottlingCode } from '../service-error.ts'
import { type Fate, TAKEN } from './send-records.ts'
import { bytesOf, textMessage, tooLarge, unsendable } from './text-message.ts'

/** A message of a queue or topic: a text with attributes, and with a group where it is FIFO. */
interface MessageParts {
  readonly value: unknown
  readonly attributes: Readonly<Record<string, string>>
  /** `null`: the queue or topic is not FIFO. */
  readonly group: string | null
  /** The same at every delivery. */
  readonly id: string
  readonly path: string
  readonly bytesMax: number
}

interface BatchMessage {
  readonly text: string
  readonly bytes: number
  readonly lane: string | null
  /** What the entry of a request holds besides. */
  readonly facts: {
    readonly MessageAttributes: ReturnType<typeof attributesOf>
    readonly MessageGroupId?: string
    readonly MessageDeduplicationId?: string
  }
}

/** Throws `E_SINK_VALUE` for what no queue or topic would take. */
export function batchMessage({ value, attributes, group, id, path, bytesMax }: MessageParts): BatchMessage {
  const text = textMessage(value, path)
  const MessageAttributes = attributesOf(attributes, id, path)
  const bytes = bytesOf(text) + attributeBytes(MessageAttributes)
  if (bytes > bytesMax) throw tooLarge(path, bytes, bytesMax)
  if (text === '') throw unsendable(path, 'is empty')
  const fifo = group === null ? {} : { MessageGroupId: group, MessageDeduplicationId: id }
  return { text, bytes, lane: group, facts: { MessageAttributes, ...fifo } }
}

interface FailedEntry {
  readonly Id: string | undefined
  readonly SenderFault?: boolean | undefined
  readonly Code?: string | undefined
  readonly Message?: string | undefined
}

/** What the answer to a batch of SQS or SNS says of each entry; one that it does not name was not taken. */
export function fatesOf(
  count: number,
  taken: readonly { readonly Id?: string | undefined }[],
  failed: readonly FailedEntry[],
): Fate[] {
  const fates: Fate[] = Array.from({ length: count }, () => ({ kind: 'again', why: 'no answer' }))
  for (const { Id } of taken) fates[Number(Id)] = TAKEN
  for (const { Id, SenderFault: mine, Code, Message } of failed)
    fates[Number(Id)] = { kind: isMine(mine, Code) ? 'refused' : 'again', why: `${Code} ${Message ?? ''}` }
  return fates
}

/** Services blame the sender for sending too fast. */
const isMine = (blamed: boolean | undefined, code = ''): boolean => blamed === true && !isThrottlingCode(code)
