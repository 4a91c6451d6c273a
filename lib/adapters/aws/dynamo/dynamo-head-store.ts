import type { HeadStore, Versioned } from '../../../host/head-store.ts'
import type { AwsClients } from '../clients.ts'
import { DynamoRegister } from './dynamo-register.ts'

/** The head of one app as an item of a table; see `DynamoRegister`. */
export class DynamoHeadStore<Value> implements HeadStore<Value> {
  readonly #register: DynamoRegister

  /** The head of `app` in `table`. */
  constructor(clients: AwsClients, table: string, app: string) {
    this.#register = new DynamoRegister(clients, table, app, 'head')
  }

  /** The head and its revision, read consistently; `null` before the first write. Throws `E_HEAD_READ`. */
  async read(): Promise<Versioned<Value> | null> {
    return (await this.#register.read()) as Versioned<Value> | null
  }

  /** Replaces the head of that revision. `refused`: there is another one by now. Throws `E_HEAD_WRITE`. */
  cas(expected: number, value: Value, cause: string): Promise<'written' | 'refused'> {
    return this.#register.cas(expected, value, cause)
  }

  /** Nothing to let go of: the client is its owner's. */
  async close(): Promise<void> {}
}
