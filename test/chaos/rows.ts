import { DatabaseSync } from 'node:sqlite'

/** What a database holds at this moment; nothing while it is not made yet, or locked. */
export function rowsOf(file: string, sql: string): unknown[][] {
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      return database
        .prepare(sql)
        .all()
        .map((row) => Object.values(row))
    } finally {
      database.close()
    }
  } catch {
    return []
  }
}
