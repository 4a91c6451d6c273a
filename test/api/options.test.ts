import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as sinks from '../../lib/adapters/index.ts'
import * as aws from '../../lib/adapters/aws/index.ts'
import * as kafka from '../../lib/api/kafka/index.ts'
import { app, Receiver, seconds, SparkContext, StateSpec, StreamingContext } from '../../lib/index.ts'
import { SluiceError } from '../../lib/model/errors.ts'
import { testApp } from '../../lib/testing/index.ts'

type Given = (options: any, t: { readonly ssc: any; readonly lines: any; readonly pairs: any }) => unknown

const add = (a: number, b: number): number => a + b
class Silent extends Receiver<string> {
  override onStart(): void {}
  override onStop(): void {}
}
const sink = { name: 'x', guarantee: 'at-least-once', write: async () => {} }
const source = { name: 'X', cut: async () => ({ position: null, splits: [], records: 0 }), read: () => [] }
const row = { table: 'pages', columns: ['page'], row: (page: string) => [page] }
const brokers = 'localhost:9092'

/** Every public function that takes options, by the name that it has in `docs/api-snapshot.txt`. */
const functions: Readonly<Record<string, Given | readonly Given[]>> = {
  app: (o) => app('x', seconds(1), () => {}, o),
  constructor: [
    (o: any) => new SparkContext({}, o),
    (o: any) => new SparkContext('local', 'x', o),
    (o: any) => new StreamingContext({}, seconds(1), o),
  ],
  source: (o, { ssc }) => ssc.source('x', source, o),
  socketTextStream: (o, { ssc }) => ssc.socketTextStream('localhost', 1, o),
  socketStream: (o, { ssc }) => ssc.socketStream('localhost', 1, () => [], o),
  rawSocketStream: (o, { ssc }) => ssc.rawSocketStream('localhost', 1, o),
  stdinStream: (o, { ssc }) => ssc.stdinStream(o),
  httpStream: (o, { ssc }) => ssc.httpStream(8080, o),
  followStream: (o, { ssc }) => ssc.followStream('log', o),
  rateStream: (o, { ssc }) => ssc.rateStream(10, o),
  textFileStream: (o, { ssc }) => ssc.textFileStream('in', o),
  binaryRecordsStream: (o, { ssc }) => ssc.binaryRecordsStream('in', 8, o),
  fileStream: [(o, { ssc }) => ssc.fileStream('in', o), (o, { ssc }) => ssc.fileStream('in', { ...o, read: () => [] })],
  queueStream: (o, { ssc }) => ssc.queueStream([], true, null, o),
  receiverStream: (o, { ssc }) => ssc.receiverStream(new Silent(), o),
  mapAsync: (o, { lines }) => lines.mapAsync(async () => 1, o),
  decodeCsv: (o, { lines }) => lines.decodeCsv(['page'], o),
  countByValue: (o, { lines }) => lines.countByValue(o),
  groupByKey: (o, { pairs }) => pairs.groupByKey(o),
  reduceByKey: (o, { pairs }) => pairs.reduceByKey(add, o),
  combineByKey: (o, { pairs }) => pairs.combineByKey(Number, add, add, o),
  partitionBy: (o, { pairs }) => pairs.partitionBy(o),
  cogroup: (o, { pairs }) => pairs.cogroup(pairs, o),
  join: (o, { pairs }) => pairs.join(pairs, o),
  leftOuterJoin: (o, { pairs }) => pairs.leftOuterJoin(pairs, o),
  rightOuterJoin: (o, { pairs }) => pairs.rightOuterJoin(pairs, o),
  fullOuterJoin: (o, { pairs }) => pairs.fullOuterJoin(pairs, o),
  window: (o, { lines }) => lines.window(2000, 1000, o),
  countByValueAndWindow: (o, { lines }) => lines.countByValueAndWindow(2000, 1000, o),
  groupByKeyAndWindow: (o, { pairs }) => pairs.groupByKeyAndWindow(2000, 1000, o),
  reduceByKeyAndWindow: [
    (o, { pairs }) => pairs.reduceByKeyAndWindow(add, 2000, 1000, o),
    (o, { pairs }) => pairs.reduceByKeyAndWindow(add, add, 2000, 1000, o, () => true),
  ],
  updateStateByKey: (o, { pairs }) => pairs.updateStateByKey(() => 1, o),
  function: (o) => StateSpec.function(() => 1, o),
  timed: (o) => StateSpec.timed(() => 1, o),
  mapping: (o) => StateSpec.mapping(() => 1, o),
  print: (o, { lines }) => lines.print(10, o),
  pprint: (o, { lines }) => lines.pprint(10, o),
  foreachRDD: (o, { lines }) => lines.foreachRDD(() => {}, o),
  foreachPartition: (o, { lines }) => lines.foreachPartition(() => {}, o),
  saveAsTextFiles: (o, { lines }) => lines.saveAsTextFiles('out', '', o),
  saveAsObjectFiles: (o, { lines }) => lines.saveAsObjectFiles('out', '', o),
  output: [(o, { lines }) => lines.output(sink, o), (o, { lines }) => lines.output('x', sink, o)],
  files: (o) => sinks.files('out', { format: 'text', ...o }),
  sqlite: [
    (o) => sinks.sqlite('pages.db', { ...row, ...o }),
    (o) => sinks.sqlite('pages.db', { statements: () => [], ...o }),
    (o) => sinks.sqlite('pages.db', { ...row, upsert: { key: ['page'], ...o } }),
  ],
  postgres: (o) => sinks.postgres('postgres://localhost/pages', { ...row, ...o }),
  mysql: (o) => sinks.mysql('mysql://localhost/pages', { ...row, ...o }),
  redis: (o) => sinks.redis('redis://localhost', { commands: () => [], ...o }),
  webhook: (o) => sinks.webhook('https://example.com/', o),
  kafka: [
    (o) => kafka.kafka({ brokers, topics: 'pages', ...o }),
    (o) => kafka.kafka({ brokers, topics: 'pages', sasl: { mechanism: 'PLAIN', ...o } }),
  ],
  kafkaSink: (o) => kafka.kafkaSink({ brokers, topic: 'pages', message: () => ({ value: '' }), ...o }),
  kinesis: (o) => aws.kinesis({ stream: 'pages', ...o }),
  kinesisSink: (o) => aws.kinesisSink({ stream: 'pages', partitionKey: String, ...o }),
  dynamo: (o) => aws.dynamo({ table: 'pages', change: () => ({ key: { page: '' } }), ...o }),
  lambdaSink: (o) => aws.lambdaSink({ functionName: 'pages', ...o }),
  snsSink: (o) => aws.snsSink({ topicArn: 'arn:aws:sns:eu-west-1:1:pages', ...o }),
  sqsSink: (o) => aws.sqsSink({ queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/pages', ...o }),
  s3TextFiles: [
    (o) => aws.s3TextFiles('s3://bucket/in/', o),
    (o) => aws.s3TextFiles('s3://bucket/in/', { events: { queueUrl: 'https://sqs.amazonaws.com/1/new', ...o } }),
  ],
  s3BinaryRecords: (o) => aws.s3BinaryRecords('s3://bucket/in/', 8, o),
  s3Files: (o) => aws.s3Files('s3://bucket/in/', { read: () => [], ...o }),
}

/** What they have in common with `testApp`: a promise, or a method of what it gives. */
const ofTests: Readonly<Record<string, (options: any) => Promise<unknown>>> = {
  testApp: async (o) => testApp(() => new StreamingContext({}, 1), o),
  restart: async (o) => (await opened()).restart(o),
  run: async (o) => (await opened()).run([], o),
  crash: async (o) => (await opened()).crash({ at: 'before-commit', ...o }),
  fail: async (o) => (await opened()).fail({ output: 'out', ...o }),
  source: async (o) => (await opened()).source('lines', o),
  add: async (o) => (await opened()).source('lines').add('a', o),
  addAll: async (o) => (await opened()).source('lines').addAll(['a'], o),
}

const opened = (): ReturnType<typeof testApp> =>
  testApp(
    app('x', seconds(1), (ssc) => ssc.socketTextStream('localhost', 1, { name: 'lines' }).print(1, { name: 'out' })),
  )

function assertRefused(error: unknown): true {
  assert.ok(error instanceof SluiceError, String(error))
  assert.equal(error.code, 'E_ARGUMENT', error.message)
  assert.match(error.message, /^zzz is no option of /)
  assert.match(String(error.where.place), /options\.test\.ts:\d+/)
  assert.match(error.next.join(), /^what there is: /)
  return true
}

for (const [name, given] of Object.entries(functions))
  test(`${name} refuses an option that it does not have, where it was given`, () => {
    for (const each of [given].flat()) {
      const ssc = new StreamingContext({}, seconds(1))
      const lines = ssc.socketTextStream('localhost', 1)
      const pairs = lines.map((line) => [line, 1])
      assert.throws(() => each({ zzz: undefined }, { ssc, lines, pairs }), assertRefused)
    }
  })

for (const [name, given] of Object.entries(ofTests))
  test(`${name} of a test refuses an option that it does not have, where it was given`, async () => {
    await assert.rejects(given({ zzz: 1 }), assertRefused)
  })

test('every public function that takes options is among those above', () => {
  const taking = readFileSync('docs/api-snapshot.txt', 'utf8')
    .split('\n')
    .filter((line) => /\??: [^,]*(\b(Options|Named|Choice)\b|[a-z](Options|Choice)\b|Crash|Failure)/.test(line))
    .map((line) => /^(?: {2}(?:static )?|function |const )([A-Za-z0-9]+)(?=[<(:])/.exec(line)?.[1])
    .filter((name) => name !== undefined)
  const known = new Set([...Object.keys(functions), ...Object.keys(ofTests)])
  assert.ok(taking.length > 60)
  assert.deepEqual(
    [...new Set(taking)].filter((name) => !known.has(name)),
    [],
  )
})

test('the name that was probably meant is said', () => {
  const pairs = new StreamingContext({}, seconds(1)).socketTextStream('localhost', 1).map((line) => [line, 1])
  assert.throws(() => (pairs as any).reduceByKey(add, { numPartitions: 4 }), {
    code: 'E_ARGUMENT',
    message: 'numPartitions is no option of this operator.',
    next: ['write partitions, if that is meant'],
  })
})

const naming = [
  'mapAsync countByValue groupByKey reduceByKey combineByKey partitionBy cogroup join leftOuterJoin rightOuterJoin',
  'fullOuterJoin window countByValueAndWindow groupByKeyAndWindow reduceByKeyAndWindow updateStateByKey print pprint',
  'foreachRDD foreachPartition saveAsTextFiles saveAsObjectFiles',
]

for (const name of naming.join(' ').split(' '))
  test(`${name} takes a name, and one operator has it`, () => {
    const { graph } = app('names', seconds(1), (ssc) => {
      const lines = ssc.socketTextStream('localhost', 1)
      const made = [functions[name]].flat()[0]({ name: 'mine' }, { ssc, lines, pairs: lines.map((line) => [line, 1]) })
      ;((made as typeof lines | undefined) ?? lines).print()
    }).build()
    assert.deepEqual(graph.nodes.filter((node) => node.name === 'mine').length, 1)
  })
