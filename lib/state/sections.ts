import type { Block, Section } from '../codec/block.ts'
import { CountedTexts } from '../codec/column-text.ts'
import { checkKey } from '../keys/check.ts'
import { hashKey } from '../keys/hash.ts'
import { KEY_GROUPS, keyGroupOf } from '../keys/key-group.ts'
import type { KeyRows } from '../keys/key-rows.ts'
import type { KeyTable } from '../keys/key-table.ts'

type Column = Section['columns'][number]

/*
 * Where keys stand in a block of state:
 *
 *     section   0 – 255     keys of the group of that number
 *             256 – 511     removed keys of group g in section g + 256
 *             512 – 767     all keys of group g in section g + 512, in a block that otherwise holds changes
 *             768           keys of any group, where they are few
 *             769           removed keys of any group, where they are few
 *
 * A section costs thirty bytes, so one for each group would be many times what few keys are.
 */
const REMOVALS = KEY_GROUPS
const WHOLE = 2 * KEY_GROUPS
const TOGETHER = 3 * KEY_GROUPS
const REMOVED_TOGETHER = TOGETHER + 1
/** From here on there are enough keys in each group. */
const TOGETHER_MAX = 4 * KEY_GROUPS

/** Whether keys of a block have one section, whatever their groups. */
export const areFew = (keys: number): boolean => keys <= TOGETHER_MAX

/** The section of keys that were put: of those of one group, or of few of any (`null`). */
export const sectionOf = (group: number | null): number => group ?? TOGETHER
export const removalsOf = (group: number | null): number => (group === null ? REMOVED_TOGETHER : group + REMOVALS)
export const wholeOf = (group: number): number => group + WHOLE

const isTogether = (section: number): boolean => section === TOGETHER || section === REMOVED_TOGETHER
export const isRemoval = (section: number): boolean =>
  section === REMOVED_TOGETHER || (section >= REMOVALS && section < WHOLE)
/** Whether what was put since the last block stands there, and not what was there before. */
export const isChange = (section: number): boolean => section < KEY_GROUPS || section === TOGETHER

/** The sections of a block in which keys of these groups may stand. */
export const sectionsWith = ({ entries }: Block, wanted: (group: number) => boolean): number[] =>
  entries.map(({ section }) => section).filter((section) => isTogether(section) || wanted(section % KEY_GROUPS))

/** The columns of a section, without rows of other groups. Throws what `Block.read` throws. */
export function columnsOf(
  block: Block,
  section: number,
  least: number,
  wanted: (group: number) => boolean,
): unknown[][] {
  const columns = block.read(section, least)
  if (!isTogether(section)) return columns
  const rows: number[] = []
  for (const [row, key] of columns[0].entries()) if (wanted(keyGroupOf(hashKey(key)))) rows.push(row)
  if (rows.length === columns[0].length) return columns
  return columns.map((column) => rows.map((row) => column[row]))
}

/** Whether a block holds keys of the groups `from` to `to` (exclusive) only, as far as its sections say. */
export function isWithin(block: Block, from: number, to: number): boolean {
  const isOwn = (group: number): boolean => group >= from && group < to
  return block.entries.every(({ section }) => {
    if (!isTogether(section)) return isOwn(section % KEY_GROUPS)
    return block.read(section, 1)[0].every((key) => isOwn(keyGroupOf(hashKey(key))))
  })
}

/** Whether the keys of a section are of the group whose section it is. */
export const isOfItsGroup = (block: Block, section: number): boolean =>
  isTogether(section) || block.read(section, 1)[0].every((key) => keyGroupOf(hashKey(key)) === section % KEY_GROUPS)

/** Some keys of a table that are of one key group, in the order in which they were given. */
interface GroupOfKeys {
  readonly group: number
  readonly ids: Int32Array
  /** Where each was among those given. */
  readonly positions: Int32Array
}
/** Ids by key group, groups in order, as slices of one array. `hashes` of the keys, where they are at hand. */
export function* byGroup(
  table: KeyTable,
  ids: ArrayLike<number>,
  hashes: readonly number[] | null = null,
): Iterable<GroupOfKeys> {
  const groups = new Uint16Array(ids.length)
  const starts = new Int32Array(KEY_GROUPS + 1)
  for (let i = 0; i < ids.length; i++) starts[(groups[i] = keyGroupOf(hashes ? hashes[i] : table.hashAt(ids[i]))) + 1]++
  for (let group = 0; group < KEY_GROUPS; group++) starts[group + 1] += starts[group]
  const next = starts.slice()
  const [ordered, positions] = [new Int32Array(ids.length), new Int32Array(ids.length)]
  for (let i = 0; i < ids.length; i++) {
    const at = next[groups[i]]++
    ordered[at] = ids[i]
    positions[at] = i
  }
  for (let group = 0; group < KEY_GROUPS; group++) {
    const [from, to] = [starts[group], starts[group + 1]]
    if (from < to) yield { group, ids: ordered.subarray(from, to), positions: positions.subarray(from, to) }
  }
}

/** Keys to be written: as bytes where the rows have them, which were checked to be short text when they came. */
export function keyColumn(table: KeyTable, rows: KeyRows, ids: Int32Array): Column {
  const texts = rows.textsOf(ids)
  if (texts) return new CountedTexts(texts)
  return Array.from(ids, (id) => {
    const key = table.keyAt(id)
    checkKey(key)
    return key
  })
}
