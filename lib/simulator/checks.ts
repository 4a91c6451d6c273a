import type { Manifest } from '../model/manifest.ts'
import type { LogSplit, SimLog } from './sim-source.ts'
import type { Report, WatchedStores } from './stores.ts'

export interface Outcome {
  readonly stores: WatchedStores
  readonly logs: ReadonlyMap<string, SimLog>
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
}

/** Ranges join end to end and cover everything that arrived: each record is in one batch. */
function checkRanges({ stores, logs }: Outcome, report: Report): void {
  const at = new Map<string, number>()
  for (const manifest of inOrder(stores)) {
    for (const [source, cut] of Object.entries(manifest.cuts)) {
      for (const { p, from, to } of (cut?.splits ?? []) as unknown as LogSplit[]) {
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
  for (const log of logs.values()) {
    for (const [p, records] of log.partitions.entries()) {
      if ((at.get(`${log.name}/${p}`) ?? 0) !== records.length)
        report(
          'exactly once',
          `${log.name}/${p} holds ${records.length} records; ${at.get(`${log.name}/${p}`)} were read`,
        )
    }
  }
}

export const inOrder = (stores: WatchedStores): Manifest[] =>
  [...stores.manifests.values()].sort((a, b) => a.batch - b.batch)
