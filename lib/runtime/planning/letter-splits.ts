import { letterSplit, type StoredCommand } from '../../checkpoint/dead-letters.ts'
import type { DeadLetters } from '../../model/dead-letter.ts'
import type { OperatorUid } from '../../model/ids.ts'
import type { Json } from '../../model/json.ts'
import type { Cut } from '../../model/manifest.ts'

/**
 * A cut with the dead letters of its source that are to be tried again, as splits of their own, and the ids that
 * the batch deals with by that.
 */
export function withLetters(
  source: OperatorUid,
  cut: Cut,
  letterCommands: readonly StoredCommand[],
  open: readonly DeadLetters[],
): { readonly cut: Cut; readonly ids: readonly string[] } {
  const wanted = idsTo(letterCommands, 'retry')
  const taken = open
    .map((letters) => ({ ref: letters.ref, ids: (letters.open[source] ?? []).filter((id) => wanted.has(id)) }))
    .filter(({ ids }) => ids.length > 0)
  if (taken.length === 0) return { cut, ids: [] }
  const splits: Json[] = taken.map(({ ref, ids }) => letterSplit(ref, ids))
  const ids = taken.flatMap((each) => each.ids)
  return {
    cut: {
      ...cut,
      splits: [...cut.splits, ...splits],
      records: cut.records === null ? null : cut.records + ids.length,
    },
    ids,
  }
}

export const idsTo = (letterCommands: readonly StoredCommand[], verb: StoredCommand['verb']): Set<string> =>
  new Set(letterCommands.filter((each) => each.verb === verb).flatMap(({ ids }) => ids))
