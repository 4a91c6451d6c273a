import { getBlob } from '../../checkpoint/blobs.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { Manifest } from '../../model/manifest.ts'
import { StateStore } from '../../state/state-store.ts'
import { valueText } from './content.ts'

/**
 * Keys and state of every stateful operator as of a manifest, as text. Windows are left out: what they hold is in what
 * they show.
 */
export async function finalState(manifest: Manifest, blobs: BlobStore): Promise<Map<string, string[]>> {
  const states = new Map<string, string[]>()
  for (const [operator, committed] of Object.entries(manifest.state)) {
    if (committed.panes !== undefined || committed.slideTime !== undefined) continue
    const io = {
      get: (ref: Parameters<typeof getBlob>[1]) => getBlob(blobs, ref),
      put: () => Promise.reject(new Error('state is only read here')),
    }
    const state = await new StateStore().keyed({ operator, split: 0, partitions: 1, committed }, io)
    const pairs: string[] = []
    for (const id of state.table.ids())
      if (state.has(id)) pairs.push(valueText([state.table.keyAt(id), state.get(id)], operator))
    states.set(operator, pairs.sort())
  }
  return states
}
