import type { BlobReader } from '../../lib/host/blob-store.ts'
import type { OperatorState } from '../../lib/model/manifest.ts'

/** State that lies in a store, in one object of one key. */
export const storedState: OperatorState = {
  chains: [
    {
      from: 0,
      to: 256,
      blocks: [{ kind: 'snapshot', batch: 1, ref: { key: 'test/i1/st/0/1/all/x', len: 2000, crc: 1 }, keys: 1 }],
      keys: 1,
    },
  ],
}

/** From now on nothing can be read there. */
export function takeAway(blobs: BlobReader): void {
  const away = (): Promise<never> => Promise.reject(new Error('503 Slow Down'))
  Object.assign(blobs, { get: away, getRange: away })
}
