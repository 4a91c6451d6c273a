import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AwsClients, awsClients, type Environment } from '../../../../lib/adapters/aws/clients.ts'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { type S3TextOptions, s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import { ManualClock } from '../../../../lib/adapters/local/manual-clock.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import type { EngineEvent } from '../../../../lib/model/events.ts'
import type { Json } from '../../../../lib/model/json.ts'
import type { Source, SourceIo } from '../../../../lib/source/source.ts'
import type { Undecoded } from '../../../../lib/source/undecoded.ts'
import { memoryIo, readAll, sourceContract } from '../../../../lib/testing/contracts/source.ts'
import { withSeeds } from '../../../support/dice.ts'
import { HttpFaults, throttlings } from '../http-faults.ts'

interface Where {
  readonly clients: AwsClients
  readonly environment: Environment
  readonly bucket: string
  /** Resolves once messages that are hidden for a second are shown again. */
  shown(hidden: () => Promise<number>): Promise<void>
  fresh(): string
}

/** A prefix and a queue of its own, and what the bucket would tell that queue. */
class Drop {
  readonly url: string
  readonly objects: S3BlobStore
  readonly queueUrl: string
  readonly #where: Where
  readonly #bucket: string
  readonly #prefix: string
  readonly #clients: AwsClients
  #sequence = 0

  static async open(where: Where): Promise<Drop> {
    const { client, sdk } = await where.clients.sqs()
    const { QueueUrl: url } = await client.send(new sdk.CreateQueueCommand({ QueueName: `drops-${where.fresh()}` }))
    return new Drop(where, url!)
  }

  private constructor(where: Where, queueUrl: string) {
    const { clients, bucket, fresh } = where
    const prefix = fresh()
    this.#where = where
    this.#clients = clients
    this.#bucket = bucket
    this.#prefix = prefix
    this.queueUrl = queueUrl
    this.url = `s3://${bucket}/${prefix}`
    this.objects = new S3BlobStore(clients, bucket, `${prefix}/`)
  }

  /** Puts an object in place of what was there, and gives the event of it. */
  async put(key: string, content: string): Promise<string> {
    const { client, sdk } = await this.#clients.s3()
    const at = { Bucket: this.#bucket, Key: `${this.#prefix}/${key}` }
    const { ETag: etag } = await client.send(new sdk.PutObjectCommand({ ...at, Body: content }))
    const encoded = encodeURIComponent(at.Key).replaceAll('%2F', '/').replaceAll('%20', '+')
    const object = {
      key: encoded,
      size: Buffer.byteLength(content),
      eTag: etag!.slice(1, -1),
      sequencer: (++this.#sequence).toString(16).padStart(16, '0'),
    }
    const s3 = { bucket: { name: this.#bucket }, object }
    const record = { eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', eventTime: new Date().toISOString(), s3 }
    return JSON.stringify({ Records: [record] })
  }

  async tell(...bodies: string[]): Promise<void> {
    const { client, sdk } = await this.#clients.sqs()
    for (const body of bodies)
      await client.send(new sdk.SendMessageCommand({ QueueUrl: this.queueUrl, MessageBody: body }))
  }

  /** How many messages are in the queue, hidden ones among them. */
  async left(): Promise<number> {
    const { shown, hidden } = await this.#counts()
    return shown + hidden
  }

  /** Once messages that nobody deleted are shown again. */
  allShown(): Promise<void> {
    return this.#where.shown(async () => (await this.#counts()).hidden)
  }

  async #counts(): Promise<{ shown: number; hidden: number }> {
    const { client, sdk } = await this.#clients.sqs()
    const { Attributes: found = {} } = await client.send(
      new sdk.GetQueueAttributesCommand({ QueueUrl: this.queueUrl, AttributeNames: ['All'] }),
    )
    return {
      shown: Number(found['ApproximateNumberOfMessages']),
      hidden: Number(found['ApproximateNumberOfMessagesNotVisible']),
    }
  }
}

/** Batches of one app, each from the position that the last committed one left. */
class Batches {
  position: Json | null = null
  readonly said: EngineEvent[] = []
  readonly undecoded: Undecoded[] = []
  readonly io: SourceIo
  #source: Source<string>
  #time = 0
  readonly #drop: Drop
  readonly #options: S3TextOptions
  readonly #clients: AwsClients

  constructor(drop: Drop, clients: AwsClients, options: S3TextOptions = {}) {
    this.#drop = drop
    this.#options = options
    this.#clients = clients
    this.io = {
      ...memoryIo(new ManualClock()),
      log: { event: (event) => this.said.push(event) },
      undecoded: (found) => this.undecoded.push(found),
    }
    this.#source = this.#newSource()
  }

  /** As another process has it, to which what this one received comes again. */
  async restart(): Promise<void> {
    this.#source = this.#newSource()
    await this.#drop.allShown()
  }

  async cut(): Promise<{ records: readonly string[]; position: Json }> {
    this.#time += 1000
    const request = {
      time: this.#time,
      intervalMs: 1000,
      zeroTime: 0,
      position: this.position,
      limit: null,
      io: this.io,
    }
    const { position, splits } = (await this.#source.cut(request))!
    return {
      records: await readAll(this.#source, splits, this.io),
      position: JSON.parse(JSON.stringify(position)) as Json,
    }
  }

  async next(): Promise<readonly string[]> {
    const { records, position } = await this.cut()
    this.position = position
    return records
  }

  async commit(): Promise<void> {
    await this.#source.committed!(this.position, this.io)
  }

  /** What was said, as `reason or type: how many`. */
  get spoken(): string[] {
    return this.said.flatMap((event) => {
      if (event.type === 'source-messages') return [`${event.level} ${event.reason}: ${event.messages}`]
      return event.type === 'source-late' ? [`${event.level} late: ${event.files}`] : []
    })
  }

  #newSource(): Source<string> {
    const { queueUrl, url } = this.#drop
    const events = { queueUrl, visibilityMs: 1000 }
    return s3TextFiles(url, { events, ...this.#options }, () => this.#clients)
  }
}

/** What a source holds that a queue tells of its objects. */
export function s3ArrivalsLaw(name: string, where: Where): void {
  const { clients } = where

  test(`${name}: objects that messages tell of are read without a listing; messages go after the commit`, async () => {
    const drop = await Drop.open(where)
    const batches = new Batches(drop, clients)
    assert.deepEqual(await batches.next(), [])
    await drop.tell(await drop.put('a b+c%2B/../ü', 'no: it is deeper'))
    await drop.tell(await drop.put('a b+c%2B', 'one'), await drop.put('second', 'two'))
    // Nobody told of it, and nobody looks.
    await drop.put('untold', 'three')
    assert.deepEqual([...(await batches.next())].sort(), ['one', 'two'])
    assert.equal(await drop.left(), 2, 'of the deeper one nothing is needed')
    await batches.commit()
    assert.equal(await drop.left(), 0)
    assert.deepEqual(await batches.next(), [])
  })

  test(`${name}: what was there before anybody told of it is read, and what no message told of is found`, async () => {
    const drop = await Drop.open(where)
    await drop.put('early', 'one')
    const batches = new Batches(drop, clients, { relistMs: 3000 })
    assert.deepEqual(await batches.next(), ['one'])
    await drop.put('lost', 'two')
    const got: string[] = []
    for (let i = 0; i < 4; i++) got.push(...(await batches.next()))
    assert.deepEqual([got, batches.spoken], [['two'], ['warn late: 1']])
  })

  test(`${name}: F56: an object comes once, though messages come twice, late and in any order`, async () => {
    const drop = await Drop.open(where)
    const batches = new Batches(drop, clients)
    await batches.next()
    const first = await drop.put('a', 'old')
    const second = await drop.put('a', 'new')
    const other = await drop.put('b', 'b')
    await drop.tell(second, first, second, other)
    assert.deepEqual([...(await batches.next())].sort(), ['b', 'new'])
    await batches.commit()
    await drop.tell(other, first, second)
    assert.deepEqual([await batches.next(), await batches.next()], [[], []])
    await batches.commit()
    assert.equal(await drop.left(), 0)
  })

  test(`${name}: F55, F56: a late message about what was overwritten leaves it out, and says so`, async () => {
    const drop = await Drop.open(where)
    const batches = new Batches(drop, clients)
    await batches.next()
    const first = await drop.put('a', 'old')
    const second = await drop.put('a', 'new')
    await drop.tell(second)
    assert.deepEqual(await batches.next(), ['new'])
    await drop.tell(first)
    assert.deepEqual(await batches.next(), [])
    assert.deepEqual(
      batches.undecoded.map(({ became, code }) => [became, code]),
      [['skipped', 'E_FILE_CHANGED']],
    )
    await batches.commit()
    assert.equal(await drop.left(), 0)
  })

  test(`${name}: messages of a batch that was not committed come again, to whatever process`, async () => {
    const drop = await Drop.open(where)
    const batches = new Batches(drop, clients)
    await batches.next()
    await drop.tell(await drop.put('a', 'one'))
    assert.deepEqual((await batches.cut()).records, ['one'])
    assert.deepEqual((await batches.cut()).records, ['one'])
    await batches.restart()
    assert.deepEqual(await batches.next(), ['one'])
    // Committed, but the process dies before it can say so to the queue.
    await batches.restart()
    assert.deepEqual([await batches.next(), await drop.left()], [[], 0])
  })

  test(`${name}: messages about something else stay in the queue and are counted; test messages go`, async () => {
    const drop = await Drop.open(where)
    const batches = new Batches(drop, clients)
    await drop.tell(JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: where.bucket }))
    const other = await Drop.open(where)
    await drop.tell('hello', await other.put('a', 'not below the prefix'), await drop.put('a', 'one'))
    const got = [await batches.next(), await batches.next()]
    assert.deepEqual(
      [got, batches.spoken],
      [
        [['one'], []],
        ['info test: 1', 'warn foreign: 2'],
      ],
    )
    await batches.commit()
    assert.equal(await drop.left(), 2)
  })

  test(`${name}: what the filter refuses is not read, and its message goes`, async () => {
    const drop = await Drop.open(where)
    const batches = new Batches(drop, clients, { filter: (path) => path.endsWith('.txt') })
    await drop.tell(await drop.put('a.txt', 'one'), await drop.put('a.bin', 'two'))
    assert.deepEqual([await batches.next(), await batches.next()], [['one'], []])
    await batches.commit()
    assert.equal(await drop.left(), 0)
  })

  test(`${name}: at most so many objects per batch; the others wait, and none is lost`, async () => {
    const drop = await Drop.open(where)
    const batches = new Batches(drop, clients, { maxFilesPerBatch: 5 })
    await batches.next()
    for (let i = 0; i < 23; i++) await drop.tell(await drop.put(`f${i}`, String(i)))
    const got: string[] = []
    for (let i = 0; i < 8; i++) {
      const records = await batches.next()
      assert.ok(records.length <= 5)
      got.push(...records)
      await batches.commit()
    }
    assert.deepEqual(
      got.map(Number).sort((a, b) => a - b),
      Array.from({ length: 23 }, (_, i) => i),
    )
    assert.equal(await drop.left(), 0)
  })

  test(`${name}: options of which one bars the other are refused before anything starts`, () => {
    const events = { queueUrl: 'http://localhost/q' }
    for (const options of [
      { events, order: 'names' },
      { events, select: 'times' },
      { order: 'names', select: 'times' },
    ] as const)
      assert.throws(
        () => s3TextFiles('s3://bucket/in', options),
        (error) => hasCode(error, 'E_ARGUMENT'),
      )
  })

  test(`${name}: F56, F68: over a bad network, with messages that come twice, every object comes once`, (t) =>
    withSeeds(t, 2, async (dice) => {
      const drop = await Drop.open(where)
      const { AWS_ENDPOINT_URL_SQS: sqs = where.environment['AWS_ENDPOINT_URL']! } = where.environment
      const proxy = await HttpFaults.before(sqs, dice, throttlings.json, 0.2)
      const shaky = awsClients({ ...where.environment, AWS_ENDPOINT_URL_SQS: proxy.url })
      const batches = new Batches(drop, shaky)
      const got: string[] = []
      try {
        const step = async (): Promise<void> => {
          try {
            got.push(...(await batches.next()))
            await batches.commit()
          } catch (error) {
            t.diagnostic(String(error))
          }
        }
        for (let i = 0; i < 30; i++) {
          const event = await drop.put(`f${i}`, String(i))
          await drop.tell(...(dice.chance(0.3) ? [event, event] : [event]))
          if (dice.chance(0.4)) await step()
          if (dice.chance(0.05)) await batches.restart()
        }
        // An answer that was lost took its messages with it, until they are shown again.
        for (let i = 0; (await drop.left()) > 0 && i < 20; i++) {
          await batches.restart()
          await step()
        }
        assert.equal(await drop.left(), 0)
      } finally {
        await proxy.close()
      }
      assert.deepEqual(
        got.map(Number).sort((a, b) => a - b),
        Array.from({ length: 30 }, (_, i) => i),
      )
    }))

  sourceContract(`objects of S3 by events (${name})`, async () => {
    const drop = await Drop.open(where)
    const clock = new ManualClock()
    const options = { events: { queueUrl: drop.queueUrl, visibilityMs: 1000 } }
    let count = 0
    return {
      source: s3TextFiles(drop.url, options, () => clients),
      clock,
      io: memoryIo(clock),
      feed: async (records) => drop.tell(await drop.put(`f${count++}`, records.join('\n'))),
      restarted: async () => {
        await drop.allShown()
        return s3TextFiles(drop.url, options, () => clients)
      },
    }
  })
}
