import type { Section } from '../codec/block.ts'
import { CountedTexts } from '../codec/column-text.ts'
import { checkKey } from '../keys/check.ts'
import { KEY_GROUPS, keyGroupOf } from '../keys/key-group.ts'
import type { KeyTable } from '../keys/key-table.ts'

type Column = Section['columns'][number]

/** Some keys of a table that are of one key group, in the order in which they were given. */
interface GroupOfKeys {
  readonly group: number
  readonly ids: Int32Array
  /** Where each was among those given. */
  readonly positions: Int32Array
}

/** Ids by key group, groups in order, as slices of one array. */
export function* byGroup(table: KeyTable, ids: ArrayLike<number>): Iterable<GroupOfKeys> {
  const groups = new Uint16Array(ids.length)
  const starts = new Int32Array(KEY_GROUPS + 1)
  for (let i = 0; i < ids.length; i++) starts[(groups[i] = keyGroupOf(table.hashAt(ids[i]))) + 1]++
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

/** Keys to be written: as bytes where the table has them, which were checked to be short text when they came. */
export function keyColumn(table: KeyTable, ids: Int32Array): Column {
  const texts = table.textsOf(ids)
  if (texts) return new CountedTexts(texts)
  return Array.from(ids, (id) => {
    const key = table.keyAt(id)
    checkKey(key)
    return key
  })
}
