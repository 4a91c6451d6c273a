import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb'
import { arnOf } from '../../../model/aws-right.ts'
import { isOurs, messageOf, SluiceError } from '../../../model/errors.ts'
import { anything, bound, callable, checkOptions, type RulesOf, text } from '../../../model/options.ts'
import { sinkIsNewer } from '../../../output/fence.ts'
import { type Attempt, tryRepeatedly } from '../../../output/retry.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../../output/sink.ts'
import { type AwsClients, processClients } from '../clients.ts'
import { inParallel } from '../send/in-parallel.ts'
import { isCalled, isRefusal } from '../service-error.ts'
import { type DynamoChange, type ItemChange, itemChanges } from './dynamo-changes.ts'
import { attributeOf } from './item-value.ts'

/** Which table, and what to do for a record. */
export interface DynamoSinkOptions<T> {
  /** Name of the sink in errors (default `dynamo`). */
  readonly name?: string
  /** The table; it must exist. */
  readonly table: string
  /** What to do for a record. Records of one key in a partition come to one change. */
  readonly change: (record: T, delivery: Delivery) => DynamoChange
  /**
   * An attribute with the time, in seconds since the epoch, from which a removed item's mark may go (a day later); make
   * it the table's time-to-live attribute.
   */
  readonly expires?: string
  /** How many items are written at the same time (default 16). */
  readonly parallel?: number
  /** How often an item is tried when the table is busy (default 8). */
  readonly attempts?: number
}

const OPTIONS: RulesOf<DynamoSinkOptions<any>> = {
  name: text,
  table: anything,
  change: callable,
  expires: text,
  parallel: bound,
  attempts: bound,
}
const NEEDED = {
  must: ['change'],
  example: "{ table: 'pages', change: (r) => ({ key: { page: r.page }, add: { hits: 1 } }) }",
}

const REMOVED = '_sluice_removed'
const TOMBSTONE_S = 86_400

/**
 * Items of a table: exactly once in effect, item by item. Each item remembers the last batch that changed it, in an
 * attribute `_sluice_<output>` that changes with it, so a batch that is delivered again, late or by two processes adds
 * nothing. Removed items leave their key and `_sluice_removed` behind. Needs `@aws-sdk/client-dynamodb`. Writing throws
 * `E_SINK_VALUE`, `E_SINK_AHEAD`, `E_SINK_REJECTED`, `E_SINK_UNAVAILABLE` and `E_AWS_PACKAGE`. Not in Spark.
 */
export function dynamo<T>(
  options: DynamoSinkOptions<T>,
  clients: () => AwsClients = processClients,
): OutputSink<T, 'exactly-once'> {
  checkOptions('dynamo', options, OPTIONS, NEEDED)
  return {
    name: options.name ?? 'dynamo',
    guarantee: 'exactly-once',
    address: `table ${options.table}`,
    awsRights: [
      { actions: ['dynamodb:UpdateItem', 'dynamodb:GetItem'], resource: arnOf('dynamodb', options.table, 'table/') },
    ],
    ready: () => clients().dynamoWrites(),
    [BUNDLED]: true,
    async write(records, delivery) {
      const { sink, partition, batch } = delivery
      const given = records.map((record) => options.change(record, delivery))
      const changes = itemChanges(given, { operator: sink, partition, batch })
      const requests = changes.map((change) => requestOf(change, options, delivery))
      await inParallel(requests, options.parallel ?? 16, (request, i) =>
        // Items that met in a crowd come back at different times.
        tryRepeatedly({ ...delivery, key: `${delivery.key}#${i}` }, options.attempts ?? 8, () =>
          attempt(clients(), request, delivery),
        ),
      )
    },
  }
}

interface Request {
  readonly input: UpdateItemCommandInput
  /** The attribute that remembers, and what it is to hold. */
  readonly fence: string
  readonly mine: string
}

/** Fences of one incarnation sort by batch, then by partition. */
const fencePrefix = ({ app, inc }: Delivery): string => `${encodeURIComponent(app)}/${encodeURIComponent(inc)}/`

function requestOf(change: ItemChange, options: DynamoSinkOptions<any>, delivery: Delivery): Request {
  const { sink, batch, partition, timeMs } = delivery
  const fence = `_sluice_${sink}`
  const mine = `${fencePrefix(delivery)}${String(batch).padStart(12, '0')}/${String(partition).padStart(6, '0')}`
  const names: Record<string, string> = { '#f': fence, '#r': REMOVED }
  const values: Record<string, AttributeValue> = { ':f': { S: mine }, ':prefix': { S: fencePrefix(delivery) } }
  const sets = ['#f = :f']
  const adds: string[] = []
  const removes: string[] = []
  // Names are always aliased: many words are reserved, and dots would be paths.
  const alias = (name: string): string => {
    const known = `#n${Object.keys(names).length}`
    names[known] = name
    return known
  }
  const value = (data: AttributeValue): string => {
    const known = `:v${Object.keys(values).length}`
    values[known] = data
    return known
  }
  const expires = options.expires === undefined ? null : alias(options.expires)
  if (change.remove) {
    sets.push(`#r = ${value({ BOOL: true })}`)
    if (expires) sets.push(`${expires} = ${value({ N: String(Math.floor(timeMs / 1000) + TOMBSTONE_S) })}`)
  } else {
    for (const [name, data] of Object.entries(change.set)) sets.push(`${alias(name)} = ${value(data)}`)
    for (const [name, n] of Object.entries(change.add))
      adds.push(`${alias(name)} ${value(attributeOf(n, `add.${name}`))}`)
    removes.push('#r')
    if (expires && !Object.hasOwn(change.set, options.expires!)) removes.push(expires)
  }
  const expression = [
    `SET ${sets.join(', ')}`,
    adds.length > 0 ? `ADD ${adds.join(', ')}` : '',
    removes.length > 0 ? `REMOVE ${removes.join(', ')}` : '',
  ]
  return {
    fence,
    mine,
    input: {
      TableName: options.table,
      Key: change.key,
      UpdateExpression: expression.filter((each) => each !== '').join(' '),
      ConditionExpression: 'attribute_not_exists(#f) OR NOT begins_with(#f, :prefix) OR #f < :f',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    },
  }
}

async function attempt(clients: AwsClients, request: Request, delivery: Delivery): Promise<Attempt<void>> {
  try {
    const { client, sdk } = await clients.dynamoWrites()
    const refused = await client.send(new sdk.UpdateItemCommand(request.input)).then(
      () => false,
      (error: unknown) => {
        if (error instanceof sdk.ConditionalCheckFailedException) return true
        throw error
      },
    )
    if (refused) assertMine(await lastFence(clients, request), request, delivery)
    return { kind: 'done', result: undefined }
  } catch (error) {
    if (isOurs(error)) throw error
    return failure(error, request, delivery)
  }
}

/** Another attempt is due, or, where the service has seen the request and refuses it, an error. */
function failure(cause: unknown, { input }: Request, { sink, partition, batch }: Delivery): Attempt<never> {
  const where = { operator: sink, partition, batch }
  const shown = `${input.TableName}: ${messageOf(cause)}`
  if (isRefusal(cause) && !isCalled(cause, 'TransactionConflictException')) {
    // One name stands for all that the service finds wrong with a request; that an item is too big, only words say.
    const code = /size/i.test(messageOf(cause)) ? 'E_SINK_VALUE' : 'E_SINK_REJECTED'
    throw new SluiceError(code, shown, { where, did: 'the item was not changed', cause })
  }
  const facts = { where, did: 'the item tells the next attempt whether it was changed', retry: true, cause }
  return { kind: 'again', error: new SluiceError('E_SINK_UNAVAILABLE', shown, facts) }
}

async function lastFence(clients: AwsClients, { input, fence }: Request): Promise<string> {
  const { client, sdk } = await clients.dynamoReads()
  const read = { TableName: input.TableName, Key: input.Key, ConsistentRead: true }
  const { Item } = await client.send(new sdk.GetItemCommand(read))
  return Item?.[fence]?.S ?? ''
}

/** The item that refused has this batch already; throws `E_SINK_AHEAD` where it has a later one. */
function assertMine(last: string, { input, mine }: Request, delivery: Delivery): void {
  const batchOf = (text: string): number => Number(text.slice(fencePrefix(delivery).length).split('/')[0])
  if (last < mine || batchOf(last) === delivery.batch) return
  throw sinkIsNewer(delivery, batchOf(last), `An item of ${input.TableName}`)
}
