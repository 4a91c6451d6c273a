import type { BlobStore } from '../host/blob-store.ts'
import { committedManifest } from '../checkpoint/manifest.ts'
import type { GraphFacts } from '../model/graph-facts.ts'
import type { Head } from '../model/head.ts'
import { keptBy, readFacts } from './admission.ts'
import { compareGraphs, type Comparison } from './compare-graphs.ts'

/**
 * How a program with this graph would go on from what is stored, before anything runs; `null` where nothing is stored
 * that could fit or not. Only reads.
 */
export async function compareWithStored(
  graph: GraphFacts,
  head: Head,
  blobs: BlobStore,
  dropState: readonly string[],
): Promise<Comparison | null> {
  const manifest = await committedManifest(blobs, head)
  if (!manifest?.facts) return null
  return compareGraphs(await readFacts(blobs, manifest.facts), graph, keptBy(manifest, head, []), dropState)
}
