import { idsOf, isLetterSplit } from '../checkpoint/dead-letters.ts'
import type { Manifest } from '../model/manifest.ts'
import { verifyHistory } from '../verify/history.ts'
import { isFileSplit } from './read-of.ts'
import type { LogSplit, SimLog } from './sim-source.ts'
import { isBlockSplit, type Report, type WatchedStores } from './stores.ts'

export interface Outcome {
  readonly stores: WatchedStores
  readonly logs: ReadonlyMap<string, SimLog>
  /** Whether a log is read as a log, from its beginning to its end. */
  readonly isAllOf?: (log: string) => boolean
}

/** What must hold when everything has healed and all input has been consumed. */
export async function checkOutcome(outcome: Outcome, report: Report): Promise<void> {
  const { stores } = outcome
  const head = stores.current!
  if (head.outDone !== head.committed)
    report('liveness', `batch ${head.committed} is committed, but only ${head.outDone} is delivered`)
  if (head.owed.length > 0)
    report(
      'liveness',
      `outputs are still owed: ${head.owed.map(({ output, batch }) => `${output} of ${batch}`).join(', ')}`,
    )
  for (let batch = 1; batch <= head.committed; batch++)
    if (!stores.manifests.has(batch)) report('contiguity', `batch ${batch} was never committed`)
  await stores.missing(stores.manifests.get(head.committed)!)
  checkRanges(outcome, report)
  const { violation } = await verifyHistory(stores.history, stores.objects)
  if (violation) report('history', `write ${violation.rev}, a ${violation.cause}: ${violation.what}`)
}

/** Ranges join end to end and cover everything that arrived; files, blocks and letters are taken once. */
function checkRanges({ stores, logs, isAllOf = () => true }: Outcome, report: Report): void {
  const at = new Map<string, number>()
  const taken = new Set<string>()
  for (const manifest of inOrder(stores)) {
    for (const [source, cut] of Object.entries(manifest.cuts)) {
      for (const split of cut?.splits ?? []) {
        for (const name of namesIn(split)) {
          if (taken.has(name)) report('exactly once', `batch ${manifest.batch} reads ${name}, as one before it did`)
          taken.add(name)
        }
        if (isRange(split)) {
          const { p, from, to } = split
          const expected = at.get(`${source}/${p}`) ?? 0
          if (from !== expected)
            report(
              'exactly once',
              `batch ${manifest.batch} reads ${source}/${p} from ${from}; the batch before ended at ${expected}`,
            )
          at.set(`${source}/${p}`, to)
        }
      }
    }
  }
  for (const log of logs.values()) {
    if (!isAllOf(log.name)) continue
    for (const [p, records] of log.partitions.entries()) {
      if ((at.get(`${log.name}/${p}`) ?? 0) !== records.length)
        report(
          'exactly once',
          `${log.name}/${p} holds ${records.length} records; ${at.get(`${log.name}/${p}`)} were read`,
        )
    }
  }
  for (const key of stores.found) if (!taken.has(key)) report('exactly once', `${key} was received; no batch has it`)
  checkLetters(stores, report)
}

/** What a split stands for that may be in one batch only: a file, a block, dead letters. */
function namesIn(split: unknown): readonly string[] {
  if (isFileSplit(split)) return [split.path]
  if (isBlockSplit(split)) return [split.key]
  return isLetterSplit(split) ? split['sluice.deadLetters'].ids.map((id) => `dead letter ${id}`) : []
}

const isRange = (split: unknown): split is LogSplit => typeof split === 'object' && split !== null && 'to' in split

/** A letter that was read again is dealt with by that, and one that is gone was never open again. */
function checkLetters(stores: WatchedStores, report: Report): void {
  let before = new Set<string>()
  const gone = new Set<string>()
  for (const { batch, cuts, deadLetters = [] } of inOrder(stores)) {
    const open = new Set(idsOf(deadLetters))
    if (open.size < idsOf(deadLetters).length) report('dead letters', `batch ${batch} lists a dead letter twice`)
    const read = Object.values(cuts).flatMap((cut) =>
      (cut?.splits ?? []).flatMap((split) => (isLetterSplit(split) ? split['sluice.deadLetters'].ids : [])),
    )
    for (const id of read) {
      if (!before.has(id)) report('dead letters', `batch ${batch} reads dead letter ${id}, which was not open`)
      if (open.has(id)) report('dead letters', `batch ${batch} has read dead letter ${id}, which is still open`)
    }
    for (const id of before) if (!open.has(id)) gone.add(id)
    for (const id of open) if (gone.has(id)) report('dead letters', `dead letter ${id} is open again in batch ${batch}`)
    before = open
  }
}

export const inOrder = (stores: WatchedStores): Manifest[] =>
  [...stores.manifests.values()].sort((a, b) => a.batch - b.batch)
