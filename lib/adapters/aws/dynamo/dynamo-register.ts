import type { Versioned } from '../../../host/head-store.ts'
import type { ErrorCode } from '../../../model/error-codes.ts'
import { messageOf, SluiceError } from '../../../model/errors.ts'
import type { AwsClients } from '../clients.ts'
import { isRefusal } from '../service-error.ts'
import { type Attributes, decodeItem, encodeItem, ITEM_KEY, itemKey, type ItemName } from './app-item.ts'

/** What an item is called, and which errors speak of it. */
const WORDS: Readonly<
  Record<ItemName, { readonly name: string; readonly read: ErrorCode; readonly write: ErrorCode }>
> = {
  head: { name: 'head', read: 'E_HEAD_READ', write: 'E_HEAD_WRITE' },
  ctrl: { name: 'control record', read: 'E_CONTROL_READ', write: 'E_CONTROL_WRITE' },
  lease: { name: 'lease', read: 'E_CONTROL_READ', write: 'E_CONTROL_WRITE' },
}

/**
 * A register of one app as one item of a table: `pk` is the app, `sk` says which. The item is never deleted and has no
 * time to live.
 *
 * A write is one conditional put, sent once. Not answered, throttled or timed out: it throws `E_HEAD_WRITE` or
 * `E_CONTROL_WRITE` with `retry`, and the caller looks at what is there.
 */
export class DynamoRegister {
  readonly #clients: AwsClients
  readonly #table: string
  readonly #app: string
  readonly #item: ItemName

  constructor(clients: AwsClients, table: string, app: string, item: ItemName) {
    this.#clients = clients
    this.#table = table
    this.#app = app
    this.#item = item
  }

  /** Value and revision, read consistently; `null` before the first write. */
  async read(): Promise<Versioned<unknown> | null> {
    const { client, sdk } = await this.#clients.dynamoReads()
    return this.#reading(async () => {
      const Key = itemKey(this.#app, this.#item)
      const { Item } = await client.send(new sdk.GetItemCommand({ TableName: this.#table, Key, ConsistentRead: true }))
      return Item ? decodeItem(this.#item, Item) : null
    })
  }

  /** This one and the other one of the app, in one request. */
  async readBoth(): Promise<ReadonlyMap<ItemName, Versioned<unknown>>> {
    const { client, sdk } = await this.#clients.dynamoReads()
    return this.#reading(async () => {
      const { Items = [] } = await client.send(
        new sdk.QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: `${ITEM_KEY.app} = :app AND ${ITEM_KEY.item} BETWEEN :first AND :last`,
          ExpressionAttributeValues: { ':app': { S: this.#app }, ':first': { S: 'ctrl' }, ':last': { S: 'head' } },
          ConsistentRead: true,
        }),
      )
      return new Map(Items.map(namedItem))
    })
  }

  /** Replaces the value of that revision. `refused`: there is another one by now. */
  async cas(expected: number, value: unknown, cause: string): Promise<'written' | 'refused'> {
    const { client, sdk } = await this.#clients.dynamoWrites()
    const condition =
      expected === 0
        ? { ConditionExpression: `attribute_not_exists(${ITEM_KEY.app})` }
        : {
            ConditionExpression: 'rev = :expected',
            ExpressionAttributeValues: { ':expected': { N: String(expected) } },
          }
    const Item = encodeItem(this.#app, this.#item, { rev: expected + 1, value, cause })
    try {
      await client.send(new sdk.PutItemCommand({ TableName: this.#table, Item, ...condition }))
      return 'written'
    } catch (error) {
      if (error instanceof sdk.ConditionalCheckFailedException) return 'refused'
      const refused = isRefusal(error)
      throw this.#failed(WORDS[this.#item].write, 'written', error, refused ? NOT_WRITTEN : UNKNOWN)
    }
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      throw this.#failed(WORDS[this.#item].read, 'read', error, NOT_WRITTEN)
    }
  }

  #failed(code: ErrorCode, what: string, error: unknown, did: string): SluiceError {
    const refused = isRefusal(error)
    const { name } = WORDS[this.#item]
    return new SluiceError(code, `The ${name} of "${this.#app}" could not be ${what}: ${messageOf(error)}`, {
      where: { detail: `table ${this.#table}` },
      did,
      retry: !refused,
      next: refused ? ['check that the table exists', 'check that the role may read and put items of this table'] : [],
      cause: error,
    })
  }
}

const NOT_WRITTEN = 'nothing was written'
const UNKNOWN = 'whether it was written is not known yet'

function namedItem(item: Attributes): [ItemName, Versioned<unknown>] {
  const name = item[ITEM_KEY.item]!.S as ItemName
  return [name, decodeItem(name, item)]
}
