import type { Cut } from '../../model/manifest.ts'
import type { CutRequest, SourceIo } from '../source.ts'
import { type BlockPosition, isAfter, NO_BLOCKS, positionWithGaps, withoutEnded } from './block-position.ts'
import { listBlocks, type ReceivedBlock } from './block-writer.ts'

/** A block as a batch takes it: a partition. */
export type BlockSplit = { readonly key: string; readonly records: number }

/**
 * What another process stores, as its names tell. That process may be at several blocks at once, and may end at any of
 * them: a block that comes later than those behind it is of a later batch, and none is passed over.
 */
export class BlocksElsewhere {
  /** Of this planning: to forget blocks and to find new ones takes one list. */
  #listed: readonly ReceivedBlock[] | null = null

  async cut({
    position,
    io,
  }: Pick<CutRequest<BlockPosition>, 'position' | 'io'>): Promise<Cut<BlockPosition, BlockSplit>> {
    const from = position ?? NO_BLOCKS
    const stored = this.#listed ?? (await listBlocks(io))
    this.#listed = null
    const blocks = stored.filter((block) => isAfter(from, block)).slice(0, BLOCKS_MAX)
    const going = new Set(stored.map(({ run }) => run))
    return {
      position: withoutEnded(positionWithGaps(from, blocks), going),
      splits: blocks.map(({ key, records }) => ({ key, records })),
      records: blocks.reduce((sum, { records }) => sum + records, 0),
    }
  }

  async committed(done: BlockPosition, io: SourceIo): Promise<void> {
    this.#listed = await listBlocks(io)
    const gone = this.#listed.filter((block) => !isAfter(done, block))
    await Promise.all(gone.map(({ key }) => io.blobs.delete(key)))
  }
}

/** What a batch takes at most, the oldest first: each is named in its plan. */
const BLOCKS_MAX = 1000
