import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { CreateStreamCommand, PutRecordsCommand, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis'
import { findJava, startDynamoDbLocal } from '../../../infra/servers/dynamodb-local.ts'
import { localKinesis, startKinesisLocal } from '../../../infra/servers/kinesis-local.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { packedBytes } from '../../adapters/aws/kinesis/packed-bytes.ts'
import { mergeShards, splitShard } from '../../servers/reshard.ts'
import { Counts } from '../counts.ts'
import { difference, type Scene, type SceneRequest } from '../scene.ts'

const [STREAM, TABLE] = ['records', 'keys']
const KEYS = 200
/** As producers do, several records of a key go packed into one, at most so many. */
const PACKED_MAX = 40
/** Packages of one call. */
const PER_CALL = 100
/** What happens to the stream's shards, evenly over all kills; the last split is a split of a split. */
const RESHARDINGS = [splitShard, mergeShards, splitShard, splitShard, mergeShards, mergeShards]
/** When each server is killed and started again on what it had written, as shares of all kills. */
const [KINESIS_CRASHES, DYNAMO_CRASHES] = [0.3, 0.65]

/**
 * Kinesis → state → DynamoDB, on real servers, which are killed as well. Keys have numbers that rise by one, so the
 * state of a key knows which record has to come next; its item must have counted each number once, and none out of its
 * turn.
 */
export async function kinesisScene({ folder, seed, kills, records }: SceneRequest): Promise<Scene> {
  const java = findJava()
  if (!java) throw new Error('needs Java (Debian: openjdk-17-jre-headless)')
  const [kinesisServer, dynamoServer] = await Promise.all([
    startKinesisLocal({ keeps: true }),
    startDynamoDbLocal(java, { keeps: true }),
  ])
  const place = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
  const kinesis = localKinesis(kinesisServer.url)
  const dynamo = new DynamoDBClient({ ...place, endpoint: dynamoServer.url })
  await kinesis.send(new CreateStreamCommand({ StreamName: STREAM, ShardCount: 2 }))
  await dynamo.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    }),
  )

  const random = new SeededRandom(seed ^ 0x5a4d)
  const numbers = Array.from({ length: KEYS }, () => 0)
  let brought = 0
  async function bring(until: number): Promise<void> {
    while (brought < until) {
      const Records: PutRecordsRequestEntry[] = []
      while (brought < until && Records.length < PER_CALL) {
        const packed = Math.min(until - brought, 1 + Math.floor(random.next() * PACKED_MAX))
        Records.push(nextOf(Math.floor(random.next() * KEYS), packed))
        brought += packed
      }
      const { FailedRecordCount } = await kinesis.send(new PutRecordsCommand({ StreamName: STREAM, Records }))
      if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were not taken, so keys are out of order`)
    }
  }
  function nextOf(key: number, packed: number): PutRecordsRequestEntry {
    const name = `k${key}`
    const data = Array.from({ length: packed }, () => String(numbers[key]++))
    const isPlain = data.length === 1
    return {
      PartitionKey: name,
      Data: isPlain ? Buffer.from(data[0]) : packedBytes(data.map((each) => [name, each])),
    }
  }

  async function items(): Promise<Record<string, string | undefined>[]> {
    const found = []
    for await (const { Items } of paginateScan({ client: dynamo }, { TableName: TABLE, ConsistentRead: true }))
      for (const { key, count, sum, next, wrong } of Items ?? [])
        found.push({ key: key.S, count: count.N, sum: sum.N, next: next.N, wrong: wrong.N })
    return found
  }

  const database = join(folder, 'counts.db')
  const counts = new Counts(database)
  return {
    app: 'chaos-kinesis',
    programArgs: ['test/chaos/kinesis/program.ts'],
    env: {
      CHAOS_STREAM: STREAM,
      CHAOS_TABLE: TABLE,
      CHAOS_DATABASE: database,
      AWS_ENDPOINT_URL_KINESIS: kinesisServer.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamoServer.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
    pauseMs: { min: 500, max: 1500 },
    begin() {},
    end() {},
    async killed(n) {
      await bring(Math.floor((records * n) / kills))
      const due = RESHARDINGS.findIndex((_, i) => n === Math.ceil((kills * (i + 1)) / (RESHARDINGS.length + 1)))
      if (due >= 0) await RESHARDINGS[due](kinesis, STREAM)
      if (n === Math.ceil(kills * KINESIS_CRASHES)) await kinesisServer.crash()
      if (n === Math.ceil(kills * DYNAMO_CRASHES)) await dynamoServer.crash()
    },
    batch: () => counts.lastBatch,
    isThrough: async () => (await items()).reduce((sum, { count }) => sum + Number(count), 0) >= records,
    async differences() {
      const expected = numbers.flatMap((n, key) =>
        n === 0 ? [] : [`k${key} count ${n} sum ${(n * (n - 1)) / 2} next ${n} wrong 0`],
      )
      const found = (await items()).map(
        ({ key, count, sum, next, wrong }) => `${key} count ${count} sum ${sum} next ${next} wrong ${wrong}`,
      )
      return [
        ...difference('items', found.sort(), expected.sort()),
        ...difference('counts', [String(counts.records)], [String(records)]),
      ]
    },
    async close() {
      kinesis.destroy()
      dynamo.destroy()
      await Promise.all([kinesisServer.stop(), dynamoServer.stop()])
    },
  }
}
