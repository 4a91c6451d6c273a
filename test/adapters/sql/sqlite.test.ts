import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { sqlite } from '../../../lib/adapters/index.ts'
import { sinkContract } from '../../../lib/testing/contracts/sink.ts'
import type { Death, SinkRow } from '../../../lib/testing/contracts/sink-rows.ts'
import { temporaryFolder } from '../local/temporary-folder.ts'

const columns = ['id', 'text', 'n', 'at'] as const
const options = { table: 'rows', columns, row: ({ id, text, n, at }: SinkRow) => [id, text, n, at] as const }

sinkContract('SQLite', async (t) => {
  const file = join(await temporaryFolder(t), 'rows.db')
  const reader = new DatabaseSync(file)
  reader.exec('pragma journal_mode = wal; create table rows (id text, text text, n real, at text)')
  const opened = new Set<{ close?(): Promise<void> }>()
  t.after(async () => {
    for (const sink of opened) await sink.close?.()
    reader.close()
  })
  const keep = <S extends { close?(): Promise<void> }>(sink: S): S => {
    opened.add(sink)
    return sink
  }
  return {
    fenced: true,
    open: () => keep(sqlite(file, options)),
    dying: (n, death) => sqlite(dyingDatabase(file, n, death), options),
    contents: async () =>
      reader
        .prepare('select id, text, n, at from rows')
        .all()
        .map(({ id, text, n, at }) => ({
          id: String(id),
          text: text as string | null,
          n: n as number | null,
          at: at === null ? null : new Date(String(at)),
        })),
  }
})

/**
 * A connection whose process ends at the n-th call: what it had not committed is undone, as SQLite does with the next
 * opening of the file.
 */
function dyingDatabase(file: string, n: number, death: Death): DatabaseSync {
  const database = new DatabaseSync(file)
  let calls = 0
  let dead = false
  const call = <R>(body: () => R): R => {
    if (dead) throw new Error('the process is gone')
    if (++calls < n) return body()
    dead = true
    try {
      // A call that does not wait is either made or not: there is no "during".
      if (death !== 'before') body()
    } finally {
      database.close()
    }
    throw new Error('killed')
  }
  const statement = (prepared: StatementSync): object => ({
    run: (...values: never[]) => call(() => prepared.run(...values)),
    all: (...values: never[]) => call(() => prepared.all(...values)),
  })
  return {
    exec: (sql: string) => call(() => database.exec(sql)),
    prepare: (sql: string) => statement(database.prepare(sql)),
    get isTransaction() {
      return !dead && database.isTransaction
    },
  } as unknown as DatabaseSync
}
