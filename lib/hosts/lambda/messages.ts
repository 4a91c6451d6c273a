import type { Json } from '../../model/json.ts'
import type { EventWake, Wake } from '../../runtime/coordinator/wakes.ts'

/** A message of a queue that has invoked the coordinator. */
export interface Message {
  readonly id: string
  /** What deletes it. */
  readonly receipt: string
  readonly wake: Wake
}

/** Something has happened. */
const EVENT: EventWake = { kind: 'event', needs: null, tries: 0 }

/**
 * What the event of an invocation says: at least one wake. What nobody here has written, such as records of a stream or
 * a notification of a bucket, says that something has happened.
 */
export function wokenBy(
  event: unknown,
  scheduled: number | null,
): { readonly wakes: readonly Wake[]; readonly messages: readonly Message[] } {
  if (scheduled !== null) return { wakes: [{ kind: 'minute', at: scheduled }], messages: [] }
  const messages = messagesOf(event)
  if (messages.length === 0) return { wakes: [EVENT], messages }
  return { wakes: messages.map(({ wake }) => wake), messages }
}

interface QueueRecord {
  readonly eventSource?: unknown
  readonly messageId?: unknown
  readonly receiptHandle?: unknown
  readonly body?: unknown
}

function messagesOf(event: unknown): Message[] {
  const { Records: records } = (event ?? {}) as { readonly Records?: unknown }
  if (!Array.isArray(records)) return []
  return (records as readonly (QueueRecord | null)[])
    .filter((record) => record?.eventSource === 'aws:sqs')
    .map((record) => ({
      id: String(record!.messageId),
      receipt: String(record!.receiptHandle),
      wake: wakeOf(String(record!.body)),
    }))
}

/** The body of a message that wakes the coordinator. */
export const bodyOf = (wake: Wake): Json => ({ sluice: { ...wake } })

function wakeOf(body: string): Wake {
  const { sluice: wake } = (parsed(body) ?? {}) as { readonly sluice?: Partial<Record<string, unknown>> }
  if (wake?.['kind'] === 'tick' && typeof wake['at'] === 'number') return { kind: 'tick', at: wake['at'] }
  if (wake?.['kind'] !== 'event') return EVENT
  const { needs, tries } = wake
  return { kind: 'event', needs: isCount(needs) ? needs : null, tries: isCount(tries) ? tries : 0 }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value)

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
