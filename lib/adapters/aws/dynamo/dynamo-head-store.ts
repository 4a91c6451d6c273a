import type { ErrorCode } from '../../../model/error-codes.ts'
import type { HeadStore, Versioned } from '../../../host/head-store.ts'
import { messageOf, SluiceError } from '../../../model/errors.ts'
import type { AwsClients } from '../clients.ts'
import { isRefusal } from '../service-error.ts'
import { ITEM_KEY, itemKey } from './app-item.ts'
import { decodeHeadItem, encodeHeadItem } from './head-item.ts'

/**
 * The register of one app as one item of a table: `pk` is the app, `sk` is `head`. The item is never deleted and has no
 * time to live.
 *
 * A write is one conditional put, sent once. Not answered, throttled or timed out: it throws `E_HEAD_WRITE` with
 * `retry`, and the caller looks at what is there.
 */
export class DynamoHeadStore<Value> implements HeadStore<Value> {
  readonly #clients: AwsClients
  readonly #table: string
  readonly #app: string

  /** The head of `app` in `table`. */
  constructor(clients: AwsClients, table: string, app: string) {
    this.#clients = clients
    this.#table = table
    this.#app = app
  }

  /** The head and its revision, read consistently; `null` before the first write. */
  async read(): Promise<Versioned<Value> | null> {
    const { client, sdk } = await this.#clients.dynamoReads()
    try {
      const { Item: item } = await client.send(
        new sdk.GetItemCommand({ TableName: this.#table, Key: itemKey(this.#app, 'head'), ConsistentRead: true }),
      )
      return item ? decodeHeadItem<Value>(item) : null
    } catch (error) {
      throw this.#failed('E_HEAD_READ', 'read', error)
    }
  }

  /** Replaces the head of that revision. `refused`: there is another one by now. */
  async cas(expected: number, value: Value, cause: string): Promise<'written' | 'refused'> {
    const { client, sdk } = await this.#clients.dynamoWrites()
    const condition =
      expected === 0
        ? { ConditionExpression: `attribute_not_exists(${ITEM_KEY.app})` }
        : {
            ConditionExpression: 'rev = :expected',
            ExpressionAttributeValues: { ':expected': { N: String(expected) } },
          }
    const item = { ...itemKey(this.#app, 'head'), ...encodeHeadItem(expected + 1, value, cause) }
    try {
      await client.send(new sdk.PutItemCommand({ TableName: this.#table, Item: item, ...condition }))
      return 'written'
    } catch (error) {
      if (error instanceof sdk.ConditionalCheckFailedException) return 'refused'
      throw this.#failed('E_HEAD_WRITE', 'written', error)
    }
  }

  /** Nothing to let go of: the client is its owner's. */
  async close(): Promise<void> {}

  #failed(code: ErrorCode, did: string, error: unknown): SluiceError {
    const refused = isRefusal(error)
    return new SluiceError(code, `The head of "${this.#app}" could not be ${did}: ${messageOf(error)}`, {
      where: { detail: `table ${this.#table}` },
      did: refused || code === 'E_HEAD_READ' ? 'nothing was written' : 'whether it was written is not known yet',
      retry: !refused,
      next: refused ? ['check that the table exists', 'check that the role may read and put items of this table'] : [],
      cause: error,
    })
  }
}
