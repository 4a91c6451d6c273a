import { plainKey } from './s3-listing.ts'

/** An object as an event tells of it. */
interface ToldObject {
  readonly bucket: string
  readonly key: string
  readonly size: number
  /** As a listing shows it, in quotes. */
  readonly etag: string
  /** When it was written, in ms since the epoch. */
  readonly time: number
  /** Of two events of one key the later one has the greater. */
  readonly sequencer: string
}

/** What a message tells. */
export type ToldBy =
  | {
      readonly kind: 'objects'
      /** Objects that were written. */
      readonly written: readonly ToldObject[]
      /** All objects that it is about, also those that were deleted. */
      readonly about: readonly { readonly bucket: string; readonly key: string }[]
    }
  /** S3 wrote it when the queue was set up. */
  | { readonly kind: 'test'; readonly bucket: string }
  /** Something else. */
  | { readonly kind: 'foreign' }

/**
 * What the body of a message tells: an event of S3, as it comes to a queue by itself, by way of SNS, or from
 * EventBridge.
 */
export function toldBy(body: string): ToldBy {
  const content = parsed(body)
  if (!isFields(content)) return FOREIGN
  if (content['Type'] === 'Notification' && typeof content['Message'] === 'string')
    return eventOf(parsed(content['Message']))
  return eventOf(content)
}

type Fields = Readonly<Record<string, unknown>>

const FOREIGN: ToldBy = { kind: 'foreign' }

function eventOf(content: unknown): ToldBy {
  if (!isFields(content)) return FOREIGN
  const { Event: event, Bucket: bucket, Records: records } = content
  if (event === 's3:TestEvent' && typeof bucket === 'string') return { kind: 'test', bucket }
  if (content['source'] === 'aws.s3') return objectsOf([fromBridge(content)])
  return Array.isArray(records) && records.length > 0 ? objectsOf(records.map(fromRecord)) : FOREIGN
}

/** `written: null`: it was not written but deleted, restored, tagged or the like. */
type Told = { readonly bucket: string; readonly key: string; readonly written: ToldObject | null }

function objectsOf(told: readonly (Told | null)[]): ToldBy {
  const known = told.filter((each) => each !== null)
  if (known.length < told.length) return FOREIGN
  return { kind: 'objects', about: known, written: known.flatMap(({ written }) => written ?? []) }
}

/** Keys are written as in URLs. */
function fromRecord(record: unknown): Told | null {
  if (!isFields(record) || record['eventSource'] !== 'aws:s3') return null
  const { eventName: name, eventTime: time, s3 } = record
  if (typeof name !== 'string' || !isFields(s3) || !isFields(s3['object'])) return null
  const { key, eTag: etag } = s3['object']
  const decoded = typeof key === 'string' ? decodedKey(key) : null
  return told({ ...s3['object'], key: decoded, etag }, s3['bucket'], time, name.startsWith('ObjectCreated:'))
}

/** Keys are written as they are. */
function fromBridge({ 'detail-type': type, detail, time }: Fields): Told | null {
  if (!isFields(detail) || !isFields(detail['object'])) return null
  return told(detail['object'], detail['bucket'], time, type === 'Object Created')
}

function told(object: Fields, bucketFields: unknown, time: unknown, isWritten: boolean): Told | null {
  const { key, size, etag, sequencer } = object
  const bucket = isFields(bucketFields) ? bucketFields['name'] : null
  if (typeof key !== 'string' || typeof bucket !== 'string') return null
  if (!isWritten) return { bucket, key, written: null }
  if (typeof size !== 'number' || typeof etag !== 'string') return null
  const order = typeof sequencer === 'string' ? sequencer : ''
  const written = { bucket, key, size, etag: `"${unquoted(etag)}"`, time: timeOf(time), sequencer: order }
  return { bucket, key, written }
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const unquoted = (etag: string): string => (etag.startsWith('"') ? etag.slice(1, -1) : etag)

function timeOf(time: unknown): number {
  const ms = typeof time === 'string' ? Date.parse(time) : NaN
  return Number.isNaN(ms) ? 0 : ms
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

function decodedKey(encoded: string): string | null {
  try {
    return plainKey(encoded)
  } catch {
    return null
  }
}
