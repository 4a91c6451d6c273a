import type { AwsClients } from '../adapters/aws/clients.ts'
import { dynamo } from '../adapters/aws/dynamo/dynamo-sink.ts'
import type { OutputSink } from '../output/sink.ts'
import type { Ports } from './ports.ts'
import type { SimProcess } from './sim-process.ts'
import type { MayWrite, SinkRow } from './sink-rows.ts'

/** An attribute, as the service has it. */
interface Attribute {
  readonly S?: string
  readonly N?: string
}
type Item = Record<string, Attribute>
interface GetInput {
  readonly Key: Item
}
interface UpdateInput extends GetInput {
  readonly UpdateExpression: string
  readonly ConditionExpression: string
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues: Item
}
type Pair = readonly [key: string, count: number]

/** As the service names it: the item is not as the condition wants it. */
class ConditionalCheckFailed extends Error {}

/** The commands as the sink makes them; the client of a simulation looks at their input only. */
const sdk = {
  ConditionalCheckFailedException: ConditionalCheckFailed,
  UpdateItemCommand: class {
    readonly kind = 'update'
    readonly input: UpdateInput
    constructor(input: UpdateInput) {
      this.input = input
    }
  },
  GetItemCommand: class {
    readonly kind = 'get'
    readonly input: GetInput
    constructor(input: GetInput) {
      this.input = input
    }
  },
}
type Command = InstanceType<typeof sdk.UpdateItemCommand> | InstanceType<typeof sdk.GetItemCommand>

/** A table of items, as far as the sink for DynamoDB needs one: it adds counts to words, by the rules of that sink. */
export class SimItems {
  readonly #ports: Ports
  readonly #items = new Map<string, Item>()
  /** What was added, by sink. */
  readonly rows = new Map<string, SinkRow[]>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  items(name: string, process: SimProcess, mayWrite: MayWrite): OutputSink<unknown> {
    const client = { send: (command: Command) => this.#send(command, name, process, mayWrite) }
    const dynamoDb = async () => ({ client, sdk })
    const clients = { dynamoWrites: dynamoDb, dynamoReads: dynamoDb } as unknown as AwsClients
    const change = ([word, n]: Pair) => ({ key: { word }, add: { n } })
    return dynamo<Pair>({ table: name, change }, () => clients)
  }

  #send(command: Command, name: string, process: SimProcess, mayWrite: MayWrite): Promise<{ readonly Item?: Item }> {
    const word = command.input.Key['word'].S!
    const key = `${name}/${word}`
    const call = { port: 'sink', operation: command.kind, about: key, changes: command.kind === 'update' } as const
    return this.#ports.call(process, call, async () => {
      const before = this.#items.get(key) ?? {}
      if (command.kind === 'get') return { Item: before }
      const after = updated(before, command.input)
      if (after === null) {
        this.#ports.count('item refused')
        throw new ConditionalCheckFailed('The conditional request failed')
      }
      const batch = Number(command.input.ExpressionAttributeValues[':f'].S!.split('/')[2])
      mayWrite(batch)
      this.#items.set(key, after)
      const added = Number(after['n'].N) - Number(before['n']?.N ?? 0)
      this.rows.set(name, [...(this.rows.get(name) ?? []), [batch, [word, added]]])
      return {}
    })
  }
}

/** The item after an update; `null` where the condition does not hold. */
function updated(before: Item, input: UpdateInput): Item | null {
  const names = input.ExpressionAttributeNames
  const values = input.ExpressionAttributeValues
  const valueOf = (word: string): Attribute | undefined => (word.startsWith(':') ? values[word] : before[names[word]])
  if (!input.ConditionExpression.split(' OR ').some((term) => holds(term, valueOf))) return null
  const after = { ...before }
  const [, sets, , adds = '', , removes = ''] =
    /^SET (.*?)( ADD (.*?))?( REMOVE (.*))?$/.exec(input.UpdateExpression) ?? []
  for (const each of listed(sets)) {
    const [name, value] = each.split(' = ')
    after[names[name]] = values[value]
  }
  for (const each of listed(adds)) {
    const [name, value] = each.split(' ')
    after[names[name]] = { N: String(Number(before[names[name]]?.N ?? 0) + Number(values[value].N)) }
  }
  for (const name of listed(removes)) delete after[names[name]]
  return after
}

const listed = (text: string): string[] => text.split(', ').filter((each) => each !== '')

/** A term of a condition: a function of attributes, or a comparison of texts. */
function holds(term: string, valueOf: (word: string) => Attribute | undefined): boolean {
  if (term.startsWith('NOT ')) return !holds(term.slice('NOT '.length), valueOf)
  const [, called, first, second] = /^(\w+)\((\S+?)(?:, (\S+))?\)$/.exec(term) ?? []
  switch (called) {
    case 'attribute_not_exists':
      return valueOf(first) === undefined
    case 'begins_with':
      return valueOf(first)?.S?.startsWith(valueOf(second)!.S!) === true
    default: {
      const [left, right] = term.split(' < ').map((word) => valueOf(word)?.S)
      return left !== undefined && right !== undefined && left < right
    }
  }
}
