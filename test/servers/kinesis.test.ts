import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after as afterAll, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as kinesisSdk from '@aws-sdk/client-kinesis'
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  type KinesisClient,
  ProvisionedThroughputExceededException,
  PutRecordCommand,
  PutRecordsCommand,
  type PutRecordsCommandOutput,
} from '@aws-sdk/client-kinesis'
import { localKinesis, startKinesisLocal } from '../../infra/servers/kinesis-local.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { systemClock } from '../../lib/adapters/local/system-clock.ts'
import type { Kinesis } from '../../lib/adapters/aws/clients.ts'
import {
  kinesis,
  type KinesisOptions,
  type KinesisRecord,
  kinesisSink,
  type KinesisSinkOptions,
} from '../../lib/adapters/aws/index.ts'
import { hasCode } from '../../lib/model/errors.ts'
import type { Json } from '../../lib/model/json.ts'
import type { Cut } from '../../lib/model/manifest.ts'
import type { OutputSink } from '../../lib/output/sink.ts'
import type { Source, SourceIo } from '../../lib/source/source.ts'
import { repeatingSinkContract } from '../../lib/testing/contracts/repeating-sink.ts'
import { deliver, delivery, type SinkRow } from '../../lib/testing/contracts/sink-rows.ts'
import { memoryIo, sourceContract } from '../../lib/testing/contracts/source.ts'
import { insist } from '../adapters/aws/bad-network-law.ts'
import { HttpFaults, throttlings } from '../adapters/aws/http-faults.ts'
import { type Between, wrappedClient } from '../adapters/aws/wrapped-clients.ts'
import { DyingCalls } from '../adapters/dying-calls.ts'
import { packedBytes } from '../adapters/aws/kinesis/packed-bytes.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { Cli } from '../cli/cli.ts'
import { withSeeds } from '../support/dice.ts'
import { mergeShards, shardsOf, splitShard } from './reshard.ts'

let server: Awaited<ReturnType<typeof startKinesisLocal>>
let client: KinesisClient
before(async () => {
  server = await startKinesisLocal()
  client = localKinesis(server.url)
})
afterAll(async () => {
  client?.destroy()
  await server?.stop()
})

const after = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

let streams = 0
async function newStream(shards = 1): Promise<string> {
  const stream = `stream-${++streams}`
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }))
  return stream
}

const sourceOf = (stream: string, options: Partial<KinesisOptions> = {}): Source<KinesisRecord> =>
  kinesis({
    stream,
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    start: 'TRIM_HORIZON',
    ...options,
  })

const put = (stream: string, records: readonly string[], key = 'key'): Promise<unknown> =>
  client.send(
    new PutRecordsCommand({
      StreamName: stream,
      Records: records.map((each) => ({ Data: Buffer.from(each), PartitionKey: key })),
    }),
  )

const textOf = ({ data }: KinesisRecord): string => Buffer.from(data).toString()

sourceContract(
  'a Kinesis stream',
  async () => {
    const stream = await newStream()
    const texts = (): Source<string> => {
      const source = sourceOf(stream)
      return {
        ...source,
        async *read(split, io, ended) {
          for await (const chunk of source.read(split, io, ended)) yield chunk.map(textOf)
        },
      }
    }
    const clock = new ManualClock()
    return {
      source: texts(),
      clock,
      io: memoryIo(clock),
      feed: async (records) => {
        await put(stream, records)
      },
      restarted: async () => texts(),
    }
  },
  { discovers: true },
)

const io: SourceIo = { ...memoryIo(), clock: systemClock }

async function cutOf(source: Source<KinesisRecord>, position: Json | null, limit: number | null = null): Promise<Cut> {
  const time = Date.now()
  return (await source.cut({ time, intervalMs: 1000, zeroTime: 0, startedAt: time, position, limit, io }))!
}

/** A batch: what was read, and the cut with its ends. */
async function batchOf(
  source: Source<KinesisRecord>,
  position: Json | null,
  limit: number | null = null,
): Promise<{ readonly records: KinesisRecord[]; readonly cut: Cut }> {
  const cut = await cutOf(source, position, limit)
  const records: KinesisRecord[] = []
  const ends: Json[] = []
  for (const split of cut.splits)
    for await (const chunk of source.read(split, io, (end) => ends.push(end))) records.push(...chunk)
  return { records, cut: { ...cut, splits: ends, position: source.sealed!(cut.position, ends) } }
}

test(
  'B31: records packed by a producer come one by one, also where the limit of a batch falls between ' + 'them',
  async () => {
    const stream = await newStream()
    const packed = packedBytes([
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['a', '4'],
      ['b', '5'],
    ])
    await put(stream, ['0'])
    await client.send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'key', Data: packed }))
    await put(stream, ['6'])
    const source = sourceOf(stream)
    const seen: string[][] = []
    let position: Json | null = null
    for (let batch = 0; batch < 5; batch++) {
      const { records, cut } = await batchOf(source, position, 2)
      const again: KinesisRecord[] = []
      for (const split of cut.splits) for await (const chunk of source.read(split, io, () => {})) again.push(...chunk)
      assert.deepEqual(again, records)
      seen.push(records.map((each) => `${each.partitionKey}${each.subSequenceNumber}:${textOf(each)}`))
      position = cut.position
    }
    assert.deepEqual(seen, [['key0:0', 'a0:1'], ['b1:2', 'a2:3'], ['a3:4', 'b4:5'], ['key0:6'], []])
  },
)

test(
  'LATEST is the time of the start: what arrives between two batches is not lost, what was there ' + 'before is left',
  async () => {
    const stream = await newStream()
    await put(stream, ['before'])
    await after(1100)
    const source = sourceOf(stream, { start: 'LATEST' })
    const first = await cutOf(source, null)
    await put(stream, ['one'])
    const { records, cut } = await batchOf(source, first.position)
    await put(stream, ['two'])
    const next = await batchOf(source, cut.position)
    assert.deepEqual([...records, ...next.records].map(textOf), ['one', 'two'])
  },
)

test('a batch that leaves records says so, and how much older the newest is; at the end nothing is left', async () => {
  const stream = await newStream()
  await put(stream, ['a', 'b', 'c'])
  const source = sourceOf(stream)
  const first = await batchOf(source, null, 1)
  const { committed, lagRecords } = source.progress!(first.cut)!
  assert.deepEqual([Object.values(committed!), lagRecords], [[first.records[0].sequenceNumber], null])
  const { records, cut } = await batchOf(source, first.cut.position)
  assert.deepEqual(records.map(textOf), ['b', 'c'])
  const [shard] = await shardsOf(client, stream)
  assert.deepEqual(source.progress!(cut), {
    committed: { [shard.ShardId!]: records[1].sequenceNumber },
    newest: null,
    lagRecords: 0,
    lagMs: 0,
  })
})

test('a cut tells about how much there is to read, from the second batch on', async () => {
  const stream = await newStream(2)
  const source = sourceOf(stream)
  const weights = (cut: Cut): (number | null)[] => cut.splits.map((split) => source.weight!(split))
  assert.deepEqual(weights(await cutOf(source, null)), [null, null], 'everything that the stream holds')
  await put(stream, ['a'.repeat(2000)])
  let position: Json | null = null
  for (let batch = 0; batch < 3; batch++) ({ position } = (await batchOf(source, position)).cut)
  const known = weights(await cutOf(source, position))
  assert.equal(known.length, 2)
  for (const bytes of known) assert.ok(bytes! >= 1024 && bytes! < 128 * 1024, `${bytes} bytes`)
})

/** All records of a stream, batch by batch, over a client whose calls `between` carries. */
async function readThrough(stream: string, between: Between): Promise<KinesisRecord[]> {
  const connect = async (): Promise<Kinesis> => wrappedClient(await sinkConnection(), between)
  const source = kinesis({ stream, start: 'TRIM_HORIZON' }, connect)
  const found: KinesisRecord[] = []
  for (let position: Json | null = null, empty = 0; empty < 2;) {
    const { records, cut } = await batchOf(source, position)
    found.push(...records)
    empty = records.length === 0 ? empty + 1 : 0
    position = cut.position
  }
  return found
}

test('F45: behind an iterator that expired reading goes on, and what is throttled is asked for again', async () => {
  const stream = await newStream()
  const texts = Array.from({ length: 60 }, (_, n) => `${n}`)
  await put(stream, texts)
  const met = { expired: 0, throttled: 0 }
  let calls = 0
  const found = await readThrough(stream, async (send, command) => {
    if (!(command instanceof GetRecordsCommand)) return send()
    command.input.Limit = 7
    const about = { message: 'as Kinesis says it', $metadata: { httpStatusCode: 400 } }
    calls++
    if (calls % 3 === 2 && ++met.expired) throw new ExpiredIteratorException(about)
    if (calls % 5 === 4 && ++met.throttled) throw new ProvisionedThroughputExceededException(about)
    return send()
  })
  assert.deepEqual(found.map(textOf), texts)
  assert.ok(met.expired > 2 && met.throttled > 1, JSON.stringify(met))
})

test('F48: records whose arrival times go back are read once, in the order of the shard', async () => {
  const stream = await newStream()
  const texts = Array.from({ length: 40 }, (_, n) => `${n}`)
  await put(stream, texts)
  let late = 0
  const found = await readThrough(stream, async (send, command) => {
    const answer = (await send()) as GetRecordsCommandOutput
    if (command instanceof GetRecordsCommand)
      for (const record of answer.Records!)
        record.ApproximateArrivalTimestamp = new Date(
          Number(record.ApproximateArrivalTimestamp) - 60_000 * (late++ % 3),
        )
    return answer
  })
  assert.deepEqual(found.map(textOf), texts)
  const times = found.map((each) => each.approximateArrivalTimestamp)
  assert.ok(times.some((time, i) => i > 0 && time < times[i - 1]))
})

test('F49: what a producer sent twice comes twice: both are records of their own', async () => {
  const stream = await newStream()
  await put(stream, ['once', 'twice', 'twice'])
  const { records } = await batchOf(sourceOf(stream), null)
  assert.deepEqual(records.map(textOf), ['once', 'twice', 'twice'])
  assert.equal(new Set(records.map(({ sequenceNumber }) => sequenceNumber)).size, 3)
})

test('F45, F60, F68: over a bad network records go in, repeated ones with their ids, and come out once', (t) =>
  withSeeds(t, 1, async (dice) => {
    const stream = await newStream(2)
    const proxy = await HttpFaults.before(server.url, dice, throttlings.kinesis)
    try {
      const rows = Array.from({ length: 300 }, (_, n) => n)
      const through = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
      const place = { ...through, endpoint: proxy.url }
      const sink = (): OutputSink<number> =>
        kinesisSink<number>({ stream, partitionKey: (n) => `k${n % 20}`, data: (n, id) => ({ id, n }), ...place })
      for (let batch = 1; batch <= 3; batch++) {
        const mine = rows.slice((batch - 1) * 100, batch * 100)
        await insist(() => sink().write(mine, { ...delivery(batch), clock: systemClock }))
      }
      const found: string[] = []
      for (let position: Json | null = null, empty = 0; empty < 2;) {
        const { records, cut } = await batchOf(sourceOf(stream, { endpoint: proxy.url }), position, 80)
        found.push(...records.map(textOf))
        empty = records.length === 0 ? empty + 1 : 0
        position = cut.position
      }
      t.diagnostic([...proxy.happened].map(([what, times]) => `${what} ${times}`).join(', '))
      const direct = await everything(stream)
      assert.deepEqual(found.sort(), direct.sort(), 'what is in the stream came once')
      const byId = new Map(
        found.map((text) => JSON.parse(text) as { id: string; n: number }).map(({ id, n }) => [id, n]),
      )
      assert.deepEqual(
        [...byId.values()].sort((a, b) => a - b),
        rows,
      )
    } finally {
      await proxy.close()
    }
  }))

test('F47: a stream that was deleted and created again is refused', async () => {
  const stream = await newStream()
  await put(stream, ['a'])
  const { cut } = await batchOf(sourceOf(stream), null)
  await client.send(new DeleteStreamCommand({ StreamName: stream }))
  await assert.rejects(async () => cutOf(sourceOf(stream), cut.position), { code: 'E_SOURCE_REPLACED' })
  await after(1100)
  await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 }))
  await assert.rejects(async () => cutOf(sourceOf(stream), cut.position), { code: 'E_SOURCE_REPLACED' })
})

test('F46: records that are gone are a gap with bounds, and are left out only where that is asked for', async () => {
  const stream = await newStream()
  await put(stream, ['a'])
  const { cut } = await batchOf(sourceOf(stream), null)
  const { open, ...rest } = cut.position as unknown as { open: Record<string, object> }
  const days = 24 * 3_600_000
  const [[shard]] = Object.entries(open)
  // As if everything up to a record that the stream no longer has was read three days ago.
  const old = { seq: '1', arrived: Date.now() - 3 * days, tip: Date.now() - 3 * days }
  const position = { ...rest, open: { [shard]: old } } as unknown as Json
  await assert.rejects(
    async () => batchOf(sourceOf(stream), position),
    (error: any) => {
      assert.equal(error.code, 'E_SOURCE_GAP')
      assert.match(error.where.detail, /^after 1, read up to .*Z; the oldest record there is now \d{20,}$/)
      return true
    },
  )
  const { records } = await batchOf(sourceOf(stream, { onGap: 'skip' }), position)
  assert.deepEqual(records.map(textOf), ['a'])
})

const KEYS = 20
const ROUNDS = 24
const PER_ROUND = 500

/** What a program wrote below `out`, batch by batch. */
function written(out: string, name: string): string[][] {
  if (!existsSync(out)) return []
  const time = (folder: string): number => Number(folder.slice(name.length + 1))
  return readdirSync(out)
    .filter((folder) => folder.startsWith(`${name}-`))
    .sort((a, b) => time(a) - time(b))
    .map((folder) =>
      readdirSync(join(out, folder))
        .filter((file) => file.startsWith('part-'))
        .sort()
        .flatMap((file) =>
          readFileSync(join(out, folder, file), 'utf8')
            .split('\n')
            .slice(0, -1),
        ),
    )
}

test(
  'F44: 12,000 records over splits and merges under a program that is killed again and again: each ' +
    'once, keys in order',
  (t) =>
    withSeeds(t, 1, async (dice) => {
      const stream = await newStream(2)
      // A parent that never had a record, and a split of a split.
      await splitShard(client, stream)
      await splitShard(client, stream)
      const folder = await temporaryFolder(t)
      const out = join(folder, 'out')
      const program = fileURLToPath(new URL('kinesis-program.ts', import.meta.url))
      const env = {
        STREAM: stream,
        OUT: out,
        AWS_ENDPOINT_URL_KINESIS: server.url,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      }
      const life = (): Cli => new Cli(t, ['run', program, '--dir', join(folder, 'state')], folder, env)
      const counts = (): number => written(out, 'lines').flat().length

      let kills = 0
      let isFed = false
      const living = (async () => {
        for (;;) {
          const cli = life()
          const isLast = isFed && kills >= 8
          if (isLast) return cli
          await after(dice.between(900, 2500))
          cli.child.kill('SIGKILL')
          await cli.ended
          kills++
        }
      })()

      const numbers = Array.from({ length: KEYS }, () => 0)
      for (let round = 0; round < ROUNDS; round++) {
        if (round === 5 || round === 9 || round === 16) await splitShard(client, stream)
        if (round === 7 || round === 12 || round === 19) await mergeShards(client, stream)
        const Records = Array.from({ length: PER_ROUND }, () => {
          const key = dice.below(KEYS)
          return { PartitionKey: `k${key}`, Data: Buffer.from(String(numbers[key]++)) }
        })
        await client.send(new PutRecordsCommand({ StreamName: stream, Records }))
      }
      isFed = true
      const last = await living
      for (let tries = 0; counts() < ROUNDS * PER_ROUND && tries < 120; tries++) await after(500)
      last.child.kill('SIGINT')
      const { stderr } = await last.ended
      t.diagnostic(`${kills} kills, ${(await shardsOf(client, stream)).length} shards`)

      const found = Array.from({ length: KEYS }, (): number[] => [])
      for (const line of written(out, 'lines').flat()) {
        const [key, n] = line.split(' ')
        found[Number(key.slice(1))].push(Number(n))
      }
      assert.deepEqual(
        found,
        numbers.map((count) => Array.from({ length: count }, (_, i) => i)),
        stderr.slice(-2000),
      )
      const sums = numbers.map((count, key) => `k${key} ${(count * (count - 1)) / 2}`)
      assert.deepEqual(written(out, 'sums').at(-1)!.sort(), sums.sort())
    }),
)

/** Every record of a stream, in order within each shard. */
async function everything(stream: string): Promise<string[]> {
  const { records } = await batchOf(sourceOf(stream), null)
  return records.map(textOf)
}

async function sinkConnection(): Promise<Kinesis> {
  return { sdk: kinesisSdk, client: localKinesis(server.url) }
}

const messageOf = (row: SinkRow, id: string): unknown => ({ id, row })

repeatingSinkContract('the Kinesis sink', async () => {
  const stream = await newStream(2)
  const options: KinesisSinkOptions<SinkRow> = {
    stream,
    partitionKey: ({ id }) => id,
    data: messageOf,
    attempts: 1,
    parallel: 1,
  }
  return {
    open: () => kinesisSink(options, sinkConnection),
    dying: (n, death) => {
      const calls = new DyingCalls(n, death)
      return kinesisSink(options, async () =>
        wrappedClient(await sinkConnection(), (send) => calls.call(send, () => {})),
      )
    },
    contents: async () =>
      (await everything(stream)).map((text) => {
        const { id, row } = JSON.parse(text) as { id: string; row: Omit<SinkRow, 'at'> & { at: string | null } }
        return { id, row: { ...row, at: row.at === null ? null : new Date(row.at) } }
      }),
  }
})

/** Stands for a stream that takes every second record of a request, and says so. */
let requests = 0
const partly: Between = async (send, command) => {
  if (!(command instanceof PutRecordsCommand)) return send()
  const all = command.input.Records!
  const first = ++requests % 2
  const taken = all.filter((_, i) => i % 2 === first)
  const failed = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded' }
  if (taken.length === 0) return { Records: all.map(() => failed) }
  command.input.Records = taken
  const answer = (await send()) as PutRecordsCommandOutput
  const results = answer.Records!.values()
  return { ...answer, Records: all.map((_, i) => (i % 2 === first ? results.next().value : failed)) }
}

test('F60: of records that a stream takes in part only the rest is sent again, in order if wanted', async () => {
  const numbers = Array.from({ length: 700 }, (_, n) => n)
  for (const ordered of [false, true]) {
    const stream = await newStream()
    const options: KinesisSinkOptions<number> = { stream, partitionKey: (n) => `k${n % 70}`, ordered, attempts: 20 }
    await deliver(
      kinesisSink(options, async () => wrappedClient(await sinkConnection(), partly)),
      1,
      [numbers],
    )
    const arrived = (await everything(stream)).map(Number)
    assert.deepEqual(
      arrived.toSorted((a, b) => a - b),
      numbers,
    )
    if (!ordered) continue
    for (let key = 0; key < 70; key++) {
      const ofKey = arrived.filter((n) => n % 70 === key)
      assert.deepEqual(
        ofKey,
        ofKey.toSorted((a, b) => a - b),
      )
    }
  }
})

test('the Kinesis sink: a record that is too large or has no key is its own fault, and the others go', async () => {
  const stream = await newStream()
  const told: string[] = []
  const options: KinesisSinkOptions<string> = {
    stream,
    partitionKey: (text) => (text === 'keyless' ? '' : 'key'),
    onRecordError: 'skip',
    onSkip: (text, { message }) => told.push(`${text.slice(0, 7)}: ${message}`),
  }
  const records = ['a', 'x'.repeat(2 ** 20), 'keyless', 'b', ...Array.from({ length: 7 }, () => 'y'.repeat(1_000_000))]
  await deliver(kinesisSink(options, sinkConnection), 1, [records])
  assert.deepEqual(told, [
    'xxxxxxx: record[1] is 1048579 bytes, and the most is 1048576.',
    'keyless: record[2] has no partition key of 1 to 256 characters.',
  ])
  assert.deepEqual(
    (await everything(stream)).map((text) => text.length).toSorted((a, b) => a - b),
    [1, 1, ...Array(7).fill(1_000_000)],
  )
})

test('the Kinesis sink: a stream that is not there is said at once', async () => {
  const sink = kinesisSink<string>({ stream: 'nowhere', partitionKey: () => 'k' }, sinkConnection)
  await assert.rejects(deliver(sink, 1, [['a']]), (error) => hasCode(error, 'E_SINK_REJECTED'))
})
