import { DatabaseSync } from 'node:sqlite'
import { rowsOf } from './rows.ts'

/** How many records each batch had, as the program itself counts them: shows how far it is, and that it counts once. */
export class Counts {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
    const database = new DatabaseSync(file)
    database.exec('CREATE TABLE counts (batch INTEGER, n INTEGER)')
    database.close()
  }

  get lastBatch(): number {
    return Number(rowsOf(this.#file, 'SELECT max(batch) FROM counts')[0]?.[0] ?? 0)
  }
  get records(): number {
    return Number(rowsOf(this.#file, 'SELECT sum(n) FROM counts')[0]?.[0] ?? 0)
  }
}
