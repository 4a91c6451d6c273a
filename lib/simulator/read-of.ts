import { isLetterSplit } from '../checkpoint/dead-letters.ts'
import type { Manifest } from '../model/manifest.ts'
import { filesOf } from './sim-files.ts'
import { type LogSplit, recordsOf, type SimLog } from './sim-source.ts'
import { isBlockSplit, type WatchedStores } from './stores.ts'

interface Input {
  readonly stores: WatchedStores
  readonly logs: ReadonlyMap<string, SimLog>
}

/** The records that a batch read of each source, whatever kind of source it is. */
export const readOf = (manifest: Manifest, input: Input): Record<string, unknown[]> =>
  Object.fromEntries(
    Object.entries(manifest.cuts).map(([source, cut]) => [
      source,
      (cut?.splits ?? []).flatMap((split) => recordsIn(split, source, input)),
    ]),
  )

function recordsIn(split: unknown, source: string, { stores, logs }: Input): readonly unknown[] {
  if (isLetterSplit(split)) return split['sluice.deadLetters'].ids.map((id) => stores.letters.get(id)?.record)
  if (isBlockSplit(split)) return stores.received.get(split.key) ?? []
  if (isFileSplit(split)) return filesOf(logs.get(source)!).get(split.path)!.records
  return recordsOf(logs.get(source)!, split as LogSplit)
}

export const isFileSplit = (split: unknown): split is { readonly path: string } =>
  typeof split === 'object' && split !== null && 'path' in split
