import type { KinesisClient } from '@aws-sdk/client-kinesis'
import type { startKinesisLocal } from '../../infra/servers/kinesis-local.ts'
import { kinesis } from '../../lib/adapters/aws/index.ts'
import { type Place, type Reading, readOut, served } from '../read-out.ts'
import type { Workload } from '../workload.ts'

// Clients and servers are loaded where they are used: other workloads are timed without them.
const loaded = async () => ({
  ...(await import('@aws-sdk/client-kinesis')),
  ...(await import('../../infra/servers/kinesis-local.ts')),
})

const SHARDS = 2
const RECORDS = { small: 20_000, full: 100_000 }
const PER_CALL = 500

let server: Awaited<ReturnType<typeof startKinesisLocal>> | null = null

async function fill(filling: KinesisClient, { name, records }: Place): Promise<void> {
  const { CreateStreamCommand, PutRecordsCommand } = await loaded()
  await filling.send(new CreateStreamCommand({ StreamName: name, ShardCount: SHARDS }))
  for (let n = 0; n < records; n += PER_CALL) {
    const Records = Array.from({ length: Math.min(PER_CALL, records - n) }, (_, i) => ({
      PartitionKey: `k${(n + i) % 1000}`,
      Data: Buffer.from(`${n + i} `.padEnd(100, 'the quick brown fox ')),
    }))
    const { FailedRecordCount } = await filling.send(new PutRecordsCommand({ StreamName: name, Records }))
    if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were not taken`)
  }
}

async function client(address: string, { name, records }: Place): Promise<Reading> {
  const { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand, localKinesis } = await loaded()
  const reading = localKinesis(address)
  const { Shards: shards } = await reading.send(new ListShardsCommand({ StreamName: name }))
  const read = async (): Promise<number> => {
    let count = 0
    for (const { ShardId } of shards!) {
      const from = { StreamName: name, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const
      let { ShardIterator } = await reading.send(new GetShardIteratorCommand(from))
      for (let page = -1; page !== 0;) {
        const answer = await reading.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }))
        page = answer.Records!.length
        count += page
        ShardIterator = answer.NextShardIterator
      }
    }
    if (count < records) throw new Error(`only ${count} records came`)
    return count
  }
  return { read, close: async () => reading.destroy() }
}

export const kinesisRead: Workload = {
  name: 'kinesis',
  about: 'records of 100 bytes from two shards of a server on this machine, counted',
  async inputs(size) {
    const { localKinesis, startKinesisLocal: start } = await loaded()
    server = await start()
    const filling = localKinesis(server.url)
    const places = {
      address: server.url,
      warm: { name: 'warm', records: 5_000 },
      timed: { name: 'timed', records: RECORDS[size] },
    }
    for (const place of [places.warm, places.timed]) await fill(filling, place)
    filling.destroy()
    return served(places)
  },
  close: async () => server?.stop(),
  ...readOut({
    source: (address, { name }) =>
      kinesis({
        stream: name,
        start: 'TRIM_HORIZON',
        endpoint: address,
        region: 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      }),
    client,
  }),
}
