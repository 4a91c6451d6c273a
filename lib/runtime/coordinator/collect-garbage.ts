import { crc32 } from 'node:zlib'
import { checkedHead } from '../../checkpoint/check-head.ts'
import { committedManifest } from '../../checkpoint/manifest.ts'
import { ObjectKeys, parseKey } from '../../checkpoint/object-keys.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { HeadStore } from '../../host/head-store.ts'
import type { Log } from '../../host/log.ts'
import type { Random } from '../../host/random.ts'
import { messageOf } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { AppName } from '../../model/ids.ts'
import { isSwept, liveObjects } from './live-objects.ts'

/** What one round has found. */
export interface GarbageReport {
  /** Objects of the app. */
  readonly found: number
  /** Of these, how many were deleted. */
  readonly deleted: number
  /** Of those that nothing leads to any more, how many go once the floor has passed today's batch. */
  readonly noted: number
}

interface Places {
  readonly head: Pick<HeadStore<Head>, 'read'>
  readonly blobs: BlobStore
  readonly log: Log
  readonly random: Random
}

/** What one note holds at most; the rest is for the next one. */
const NOTED_MAX = 50_000

/**
 * Deletes what nothing leads to any more, beside whoever runs the app and without a word to it. As with `Sweeper` an
 * object goes once the floor has passed the batch at which it was found dead; in between it stands in a note. Objects
 * are listed before the head is read, so that what is listed of a later incarnation is known as such.
 */
export async function collectGarbage(app: AppName, places: Places): Promise<GarbageReport> {
  const { blobs } = places
  const keys = await blobs.list(ObjectKeys.ofApp(app))
  const head = checkedHead(await places.head.read())?.value
  // Without a head it is not known what they are of.
  if (!head) return { found: keys.length, deleted: 0, noted: 0 }
  const base = await committedManifest(blobs, head)
  const found = sorted(keys, head, await liveObjects(head, base, blobs))
  const due = found.notes.filter(({ batch }) => batch <= head.gcFloor).map(({ key }) => key)
  const dead = new Set(found.dead)
  const noted = (await Promise.all(due.map((key) => readNote(blobs, key)))).flat().filter((key) => dead.has(key))
  const deleted = await deleteAll([...found.former, ...noted, ...due], places)
  for (const key of noted) dead.delete(key)
  if (found.notes.length > due.length || dead.size === 0) return { found: keys.length, deleted, noted: 0 }
  const next = [...dead].slice(0, NOTED_MAX)
  await putNote(head, next, places)
  return { found: keys.length, deleted, noted: next.length }
}

interface Sorted {
  /** Of incarnations of which nothing is read again. */
  readonly former: readonly string[]
  readonly dead: readonly string[]
  readonly notes: readonly { readonly key: string; readonly batch: number }[]
}

function sorted(keys: readonly string[], { app, inc, committed }: Head, live: ReadonlySet<string>): Sorted {
  const former: string[] = []
  const dead: string[] = []
  const notes: { key: string; batch: number }[] = []
  for (const key of keys) {
    const parsed = parseKey(key)
    if (parsed?.app !== app) continue
    const { kind, batch } = parsed
    if (parsed.inc !== inc) former.push(key)
    else if (kind === 'garbage-note') notes.push({ key, batch: batch! })
    // What is of a batch to come may be of the one under way.
    else if (isSwept(kind) && batch !== null && batch <= committed && !live.has(key)) dead.push(key)
  }
  return { former, dead, notes }
}

async function deleteAll(keys: readonly string[], { blobs, log }: Places): Promise<number> {
  let deleted = 0
  for (const key of keys) {
    try {
      await blobs.delete(key)
      deleted++
    } catch (error) {
      log.event({ type: 'sweep-failed', key, message: messageOf(error) })
    }
  }
  return deleted
}

const putNote = ({ app, inc, committed }: Head, keys: readonly string[], { blobs, random }: Places): Promise<void> =>
  blobs.putNew(
    new ObjectKeys(app, inc).garbageNote(committed, random.newId()),
    Buffer.from(JSON.stringify({ keys, crc: sumOf(keys) })),
  )

/** Nothing refers to a note, so it carries its checksum itself. One that is damaged names nothing: another one will. */
async function readNote(blobs: BlobStore, key: string): Promise<readonly string[]> {
  try {
    const { keys, crc } = JSON.parse(Buffer.from(await blobs.get(key)).toString()) as { keys: string[]; crc: number }
    return crc === sumOf(keys) ? keys : []
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return []
    throw error
  }
}

const sumOf = (keys: readonly string[]): number => crc32(JSON.stringify(keys))
