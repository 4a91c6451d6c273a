import { hasCode } from '../../model/errors.ts'
import type { Delivery } from '../../output/sink.ts'
import type { SqlSinkOptions } from './options.ts'
import type { Skipped } from './partition.ts'
import type { Entry, Writer } from './statements.ts'

/**
 * Records made ready before a transaction begins, so that trying again costs only the database. A value that cannot be
 * stored counts as a bad row.
 */
export function toEntries<T>(
  records: readonly T[],
  delivery: Delivery,
  writer: Writer<T>,
  options: SqlSinkOptions<T>,
): { readonly entries: readonly Entry<T>[]; readonly skipped: readonly Skipped<T>[] } {
  const entries: Entry<T>[] = []
  const skipped: Skipped<T>[] = []
  for (const [i, record] of records.entries()) {
    try {
      entries.push(writer.entry(record, delivery, i))
    } catch (error) {
      if (options.onRowError !== 'skip' || !hasCode(error, 'E_SINK_VALUE')) throw error
      skipped.push({ record, error })
    }
  }
  return { entries, skipped }
}
