import { SluiceError, type Where } from '../model/errors.ts'

/**
 * Keys hash into this many groups unless the application says otherwise. Fixed for the life of an application's state.
 */
export const KEY_GROUPS = 256

/** The most groups an application may have. */
const KEY_GROUPS_MAX = 4096

/** Groups `from` (inclusive) to `to` (exclusive). */
interface KeyGroupRange {
  readonly from: number
  readonly to: number
}

/**
 * The group of a key by the high bits of its `hashKey`; tables use the low bits, so one group still spreads over a
 * whole table.
 */
export const keyGroupOf = (hash: number, groups: number = KEY_GROUPS): number =>
  // A shift by 32 is a shift by 0 in JavaScript, hence two steps.
  (hash >>> 1) >>> Math.clz32(groups)

/**
 * The partition that owns `group`: contiguous ranges, as even as can be, so a change of parallelism moves whole groups
 * only.
 */
export const partitionOfGroup = (group: number, partitions: number, groups: number = KEY_GROUPS): number =>
  Math.floor((group * partitions) / groups)

/** The groups that `partition` owns: the inverse of `partitionOfGroup`. */
export const groupsOfPartition = (
  partition: number,
  partitions: number,
  groups: number = KEY_GROUPS,
): KeyGroupRange => ({
  from: Math.ceil((partition * groups) / partitions),
  to: Math.ceil(((partition + 1) * groups) / partitions),
})

/**
 * Throws `E_KEYGROUPS` unless `groups` is a power of two up to 4,096 and gives each of `partitions` at least one group.
 */
export function checkKeyGroups(groups: number, partitions: number, where: Where = {}): void {
  const powerOfTwo = Number.isInteger(groups) && groups > 0 && groups <= KEY_GROUPS_MAX && (groups & (groups - 1)) === 0
  if (!powerOfTwo)
    throw new SluiceError(
      'E_KEYGROUPS',
      `The number of key groups is ${groups}; it must be a power of two from 1 to ${KEY_GROUPS_MAX}.`,
      { where },
    )
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > groups) {
    throw new SluiceError(
      'E_KEYGROUPS',
      `${partitions} partitions cannot share ${groups} key groups: each needs at least one.`,
      {
        where,
        did: 'nothing was started',
        next: [`use 1 to ${groups} partitions`, 'start the application anew with more key groups'],
      },
    )
  }
}
