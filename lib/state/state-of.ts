import type { OperatorUid } from '../model/ids.ts'
import type { OperatorState } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import { groupsOfPartition } from '../keys/key-group.ts'
import type { LargeKey } from './key-sizes.ts'
import type { StateSchema } from './schema.ts'

/** Which part of which operator's state, as of which manifest. */
export interface StateOf {
  readonly operator: OperatorUid
  readonly split: number
  readonly partitions: number
  readonly committed: OperatorState | null
  /** What the program makes of the values; left out: they are read as they were stored. */
  readonly schema?: StateSchema
}

export interface StateBlobs {
  get(ref: BlobRef): Promise<Uint8Array>
  put(operator: OperatorUid, bytes: Uint8Array, suffix: string): Promise<BlobRef>
  /** Hears of keys whose state has grown large. */
  large?(key: LargeKey): void
  /** Hears where state that was stored has come from: the memory of this process, or the store. */
  found?(where: 'warm' | 'cold'): void
}

/** Hash partitions own whole key groups, so after a rescale each takes its groups out of the old blocks. */
export function wantedGroups({ split, partitions }: StateOf): (group: number) => boolean {
  const { from, to } = groupsOfPartition(split, partitions)
  return (group) => group >= from && group < to
}
