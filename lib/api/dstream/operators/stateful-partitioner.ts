import { checkKeyGroups, KEY_GROUPS } from '../../../keys/key-group.ts'
import type { Rules } from '../../../model/options.ts'
import type { Partitioner } from '../../../shuffle/partitioner.ts'
import type { Parts, ShuffleOptions } from '../dstream.ts'
import { callerPlace } from '../../../model/place.ts'
import type { StreamingContext } from '../streaming-context.ts'

/**
 * The partitioner of an operator with state. State is kept by key group, so there cannot be more partitions than
 * groups: throws `E_KEYGROUPS`.
 */
export function statefulPartitioner(
  context: StreamingContext,
  parts: Parts | ShuffleOptions | undefined,
  rules?: Rules,
): Partitioner {
  const partitioner = context.partitioner(parts, rules)
  checkKeyGroups(KEY_GROUPS, partitioner.numPartitions, { place: callerPlace() })
  return partitioner
}
