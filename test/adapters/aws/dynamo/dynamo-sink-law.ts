import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { AwsClients } from '../../../../lib/adapters/aws/clients.ts'
import type { DynamoChange } from '../../../../lib/adapters/aws/dynamo/dynamo-changes.ts'
import { dynamo } from '../../../../lib/adapters/aws/dynamo/dynamo-sink.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import { sinkContract } from '../../../../lib/testing/contracts/sink.ts'
import { deliver, delivery, type SinkRow } from '../../../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../../dying-calls.ts'
import { notStorable } from '../../not-storable.ts'
import { dyingClients, wrappedClients } from '../wrapped-clients.ts'

/** What the sink promises of any DynamoDB. */
export async function dynamoSinkLaw(where: string, clients: AwsClients): Promise<void> {
  const { client } = await clients.dynamoWrites()
  let tables = 0

  async function table(range?: 'N'): Promise<string> {
    const TableName = `items-${++tables}`
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'id', AttributeType: 'S' },
          ...(range ? [{ AttributeName: 'at', AttributeType: range }] : []),
        ],
        KeySchema: [
          { AttributeName: 'id', KeyType: 'HASH' },
          ...(range ? [{ AttributeName: 'at', KeyType: 'RANGE' as const }] : []),
        ],
      }),
    )
    return TableName
  }

  type Item = Readonly<Record<string, { S?: string; N?: string; BOOL?: boolean }>>

  async function items(TableName: string): Promise<Item[]> {
    const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }))
    return (Items as Item[]).toSorted((a, b) => (a['id'].S! < b['id'].S! ? -1 : 1))
  }

  sinkContract(where, async () => {
    const name = await table()
    const options = {
      table: name,
      change: (row: SinkRow): DynamoChange => ({
        key: { id: row.id },
        set: { row: JSON.stringify(row) },
        add: { n: 1 },
      }),
    }
    return {
      fenced: false,
      open: () => dynamo(options, () => clients),
      dying: (n, death) =>
        dynamo({ ...options, parallel: 1, attempts: 1 }, () => dyingClients(clients, new DyingCalls(n, death))),
      contents: async () =>
        (await items(name)).flatMap((item) => {
          const row = JSON.parse(item['row'].S!) as SinkRow
          return Array<SinkRow>(Number(item['n'].N)).fill({ ...row, at: row.at === null ? null : new Date(row.at) })
        }),
    }
  })

  test(`F60: ${where}: a write that is repeated is judged again when the item could not be read`, async () => {
    const name = await table()
    let [lost, unread] = [0, 0]
    const flaky = wrappedClients(clients, async (send, command) => {
      if (command.constructor.name === 'GetItemCommand' && unread++ === 0) throw new Error('read ECONNRESET')
      const answer = await send()
      if (command.constructor.name === 'UpdateItemCommand' && lost++ === 0) throw new Error('its answer was lost')
      return answer
    })
    const sink = dynamo<number>({ table: name, change: (n) => ({ key: { id: 'a' }, add: { n } }) }, () => flaky)
    await deliver(sink, 1, [[5]])
    assert.deepEqual([(await items(name)).map(({ n }) => n.N), unread], [['5'], 2])
  })

  test(`${where}: numbers add up over records, partitions and batches, repeated or not`, async () => {
    const name = await table()
    const sink = dynamo<[string, number]>(
      { table: name, change: ([id, n]) => ({ key: { id }, add: { n } }) },
      () => clients,
    )
    for (let time = 0; time < 3; time++)
      await deliver(sink, 1, [
        [
          ['a', 1],
          ['b', 5],
          ['a', 2],
        ],
        [['a', 10]],
      ])
    for (let time = 0; time < 2; time++) await deliver(sink, 2, [[['a', 100]]])
    assert.deepEqual(
      (await items(name)).map((item) => [item['id'].S, item['n'].N]),
      [
        ['a', '113'],
        ['b', '5'],
      ],
    )
  })

  test(`F58: ${where}: a late write does not bring an item back that a later batch has removed`, async () => {
    const name = await table()
    const options = {
      table: name,
      expires: 'ttl',
      change: ([id, gone]: [string, boolean]): DynamoChange =>
        gone ? { key: { id }, remove: true } : { key: { id }, set: { name: 'x' } },
    }
    const sink = dynamo(options, () => clients)
    await deliver(sink, 1, [[['a', false]]])
    await deliver(sink, 2, [[['a', true]]])
    await assert.rejects(
      deliver(
        dynamo(options, () => clients),
        1,
        [[['a', false]]],
      ),
      (error) => hasCode(error, 'E_SINK_AHEAD'),
    )
    const [tombstone] = await items(name)
    assert.deepEqual([tombstone['_sluice_removed'].BOOL, tombstone['ttl'].N], [true, '86402'])
    await deliver(sink, 3, [[['a', false]]])
    const [back] = await items(name)
    assert.deepEqual([back['_sluice_removed'], back['ttl'], back['name'].S], [undefined, undefined, 'x'])
  })

  test(`${where}: an item that refused this batch and was deleted since has had it all the same`, async () => {
    const name = await table()
    const deleted = wrappedClients(clients, (send, command) =>
      command.constructor.name === 'GetItemCommand' ? Promise.resolve({}) : send(),
    )
    const sink = dynamo({ table: name, change: (id: string): DynamoChange => ({ key: { id } }) }, () => deleted)
    for (const _time of ['first', 'again']) await deliver(sink, 1, [['a']])
    assert.equal((await items(name)).length, 1)
  })

  test(`${where}: what an item that refuses remembers is read as it is, not as it was a moment ago`, async () => {
    const name = await table()
    const reads: unknown[] = []
    const watched = wrappedClients(clients, (send, command) => {
      if (command.constructor.name === 'GetItemCommand') reads.push(command.input.ConsistentRead)
      return send()
    })
    const sink = dynamo({ table: name, change: (id: string): DynamoChange => ({ key: { id } }) }, () => watched)
    for (const _time of ['first', 'again']) await deliver(sink, 1, [['a']])
    assert.deepEqual(reads, [true])
  })

  test(`B50: ${where}: names may be any words; what a table cannot hold is refused`, async () => {
    const name = await table()
    const set = { name: 'n', size: 1, 'a.b': null, status: true, list: [1, { deep: 'x' }], tags: new Set(['t']) }
    await deliver(
      dynamo({ table: name, change: () => ({ key: { id: 'k' }, set }) }, () => clients),
      1,
      [[1]],
    )
    const [item] = await items(name)
    assert.deepEqual([item['name'].S, item['size'].N, item['a.b']], ['n', '1', { NULL: true }])
    for (const value of [
      NaN,
      Infinity,
      1e300,
      10n ** 40n + 1n,
      new Set(),
      undefined,
      new Date(),
      'half \ud800',
      () => 1,
    ])
      await assert.rejects(
        dynamo(
          { table: name, change: () => ({ key: { id: 'bad' }, set: { value: value as never } }) },
          () => clients,
        ).write([1], delivery(1)),
        (error) => hasCode(error, 'E_SINK_VALUE'),
      )
    const huge = dynamo(
      { table: name, change: () => ({ key: { id: 'huge' }, set: { text: 'x'.repeat(410_000) } }) },
      () => clients,
    )
    await assert.rejects(deliver(huge, 1, [[1]]), (error) => hasCode(error, 'E_SINK_VALUE'))
    assert.equal((await items(name)).length, 1)
  })

  test(`${where}: a value without a form is refused with its path, and nothing is written`, async () => {
    const name = await table()
    const places: readonly [path: string, (value: never) => DynamoChange][] = [
      ['set.value', (value) => ({ key: { id: 'a' }, set: { value } })],
      ['set.value.list[1].deep', (value) => ({ key: { id: 'a' }, set: { value: { list: [1, { deep: value }] } } })],
      ['key.id', (value) => ({ key: { id: value } })],
      ['add.n', (value) => ({ key: { id: 'a' }, add: { n: value } })],
    ]
    for (const [path, changeOf] of places)
      for (const [what, value] of notStorable) {
        const change = (given: unknown): DynamoChange => changeOf(given as never)
        await assert.rejects(
          deliver(
            dynamo({ table: name, change }, () => clients),
            1,
            [['fine', value]].map((records) => (path === 'add.n' ? [1, ...records.slice(1)] : records)),
          ),
          (error) => hasCode(error, 'E_SINK_VALUE') && error.message.startsWith(`record[1]: ${path}`),
          `${path}: ${what}`,
        )
      }
    const hole = { key: { id: 'a' }, set: { value: Object.assign(Array<number>(3), { 0: 1, 2: 3 }) } }
    await assert.rejects(
      deliver(
        dynamo({ table: name, change: () => hole }, () => clients),
        1,
        [['hole']],
      ),
      (error) => hasCode(error, 'E_SINK_VALUE') && error.message.startsWith('record[0]: set.value[1] is '),
    )
    assert.deepEqual(await items(name), [])
  })

  test(`${where}: a change that has no key, or is a promise, is refused, and nothing is written`, async () => {
    const name = await table()
    const write = (change: unknown): Promise<void> =>
      deliver(
        dynamo({ table: name, change: () => change as DynamoChange }, () => clients),
        1,
        [['any']],
      )
    for (const change of [undefined, null, {}, 'text'])
      await assert.rejects(write(change), (error) => hasCode(error, 'E_SINK_VALUE'))
    await assert.rejects(write(Promise.resolve({ key: { id: 'a' } })), (error) => hasCode(error, 'E_ASYNC'))
    assert.deepEqual(await items(name), [])
  })

  test(`${where}: keys that the table takes for one are one item, however they are written, and add up`, async () => {
    const name = await table('N')
    const keys: DynamoChange['key'][] = [
      { id: 'a', at: 1 },
      { at: 1n, id: 'a' },
      { id: 'a', at: 1e23 },
      { id: 'a', at: 10n ** 23n },
      { id: 'a', at: 0 },
      { at: -0, id: 'a' },
      { id: 'a', at: 0.015 },
      { at: 1.5e-2, id: 'a' },
      { id: 'a', at: -10 },
      { id: 'a', at: 10 },
    ]
    const sink = dynamo<DynamoChange['key']>({ table: name, change: (key) => ({ key, add: { n: 1 } }) }, () => clients)
    for (let time = 0; time < 2; time++) await deliver(sink, 1, [keys])
    const counted = (await items(name)).map((item) => [Number(item['at'].N), item['n'].N])
    assert.deepEqual(
      counted.toSorted(([a], [b]) => Number(a) - Number(b)),
      [
        [-10, '1'],
        [0, '2'],
        [0.015, '2'],
        [1, '2'],
        [10, '1'],
        [1e23, '2'],
      ],
    )
  })

  test(`F60: ${where}: of many items only those that the table did not take are sent again`, async () => {
    const name = await table()
    let sent = 0
    const failing = new Set<number>()
    const throttled: AwsClients = wrappedClients(clients, (send) => {
      sent++
      if (sent % 3 !== 0 || failing.size >= 10) return send()
      failing.add(sent)
      return Promise.reject(
        Object.assign(new Error('slow down'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }),
      )
    })
    const sink = dynamo<number>(
      { table: name, change: (n) => ({ key: { id: `k${n}` }, add: { n: 1 } }) },
      () => throttled,
    )
    await deliver(sink, 1, [Array.from({ length: 50 }, (_, n) => n)])
    assert.equal(sent, 60)
    assert.ok((await items(name)).every((item) => item['n'].N === '1'))
  })
}
