import { ObjectKeys, parseKey } from '../checkpoint/object-keys.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { HeadStore } from '../host/head-store.ts'
import type { Head } from '../model/head.ts'

/**
 * The newest batch that an object of the app is of, in the life that the head tells of. To be asked before the head is
 * read: batches go on meanwhile. `null`: none of them says.
 */
export async function newestObject(heads: Pick<HeadStore<Head>, 'read'>, blobs: BlobStore): Promise<number | null> {
  const found = await heads.read()
  if (!found) return null
  const keys = await blobs.list(new ObjectKeys(found.value.app, found.value.inc).root)
  return keys.reduce<number | null>((newest, key) => {
    const batch = parseKey(key)?.batch ?? null
    return batch === null ? newest : Math.max(newest ?? 0, batch)
  }, null)
}

/**
 * What is wrong with a head behind which objects are of later batches: a batch writes none before the one in front of
 * it is committed, so somebody has put an older copy of the head in its place, and outputs have shown what it knows
 * nothing of.
 */
export const faultOfLater = ({ committed }: Head, newest: number | null): string | null =>
  newest === null || newest <= committed + 1
    ? null
    : `it commits batch ${committed}, and there are objects of batch ${newest}: it is an older copy`
