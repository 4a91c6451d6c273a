import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  app,
  type DStream,
  type RDD,
  Duration,
  milliseconds,
  seconds,
  StateSpec,
  SparkConf,
  StateUpdate,
  Time,
  StreamingContext,
} from '../../../lib/index.ts'
import { hasCode } from '../../../lib/model/errors.ts'

type Build = (stream: any, ssc: any) => void

const add = (a: number, b: number): number => a + b

/** What programs of JavaScript give by mistake, and the types of TypeScript refuse. */
const mistakes: readonly [what: string, build: Build, message: RegExp][] = [
  [
    'a schema that is none',
    (s) => s.decode({ parse: JSON.parse }),
    /^schema of decode is an object; it must be a schema/,
  ],
  ['a schema of CSV that is none', (s) => s.decodeCsv(['id'], { schema: {} }), /^schema of decodeCsv is an object/],
  ['a storage level that is a text', (s) => s.persist('MEMORY_ONLY'), /^persist was given "MEMORY_ONLY"/],
  ['a flag that is a text', (s) => s.mapPartitions((r: any) => r, 'yes'), /^mapPartitions was given "yes" for pres/],
  ['options where a flag belongs', (_s, ssc) => ssc.queueStream([], { name: 'q' }), /^queueStream was given an object/],
  [
    'a name behind a function',
    (s) => s.map((line: any) => line, { name: 'x' }),
    /^map takes 1 argument at most, and was given 2\.$/,
  ],
  [
    'a name behind a number of partitions',
    (s) => s.partitionBy(2, { name: 'x' }),
    /^partitionBy takes 1 argument at most/,
  ],
  [
    'what is behind the partitions',
    (s) => s.reduceByKey(add, 4, 'x'),
    /^reduceByKey takes 2 arguments at most, and was given 3\.$/,
  ],
  ['a count of the records of which', (s) => s.count('x'), /^count takes no arguments, and was given 1\.$/],
  ['three options of a source', (_s, ssc) => ssc.rateStream(1, {}, 'x'), /^rateStream takes 2 arguments at most/],
  [
    'a name of reduceByWindow',
    (s) => s.reduceByWindow(add, seconds(2), seconds(1), { name: 'x' }),
    /^reduceByWindow takes 3 arguments at most where it has no inverse, and was given 4\.$/,
  ],
  [
    'two states before the first batch',
    (s, ssc) => {
      const initial = ssc.sparkContext.parallelize([['a', 1]])
      s.updateStateByKey(add, { initial }, initial)
    },
    /^updateStateByKey was given two states before the first batch/,
  ],
  ['map of nothing', (s) => s.map(), /^map was given undefined, and needs a function/],
  ['filter by a text', (s) => s.filter('x'), /^filter was given a string/],
  ['flatMap of a number', (s) => s.flatMap(5), /^flatMap was given a number/],
  ['mapValues of nothing', (s) => s.mapValues(), /^mapValues was given undefined/],
  ['mapPartitions of nothing', (s) => s.mapPartitions(), /^mapPartitions was given undefined/],
  ['mapAsync of nothing', (s) => s.mapAsync(), /^mapAsync was given undefined/],
  ['reduceByKey of nothing', (s) => s.reduceByKey(), /^reduceByKey was given undefined/],
  ['combineByKey of one function', (s) => s.combineByKey((n: number) => n), /^combineByKey was given undefined/],
  ['transform of nothing', (s) => s.transform(), /^transform was given undefined/],
  ['foreachRDD of nothing', (s) => s.foreachRDD(), /^foreachRDD was given undefined/],
  ['union with an array', (s) => s.union([1]), /^A stream meets an array of 1, and can only meet another stream/],
  ['union with an RDD', (s, ssc) => s.union(ssc.sparkContext.parallelize([1])), /^A stream meets an RDD/],
  ['join with nothing', (s) => s.join(null), /^A stream meets null/],
  ['transformWith a number', (s) => s.transformWith(1, (a: unknown) => a), /^A stream meets a number/],
  ['mapWithState of a function', (s) => s.mapWithState(() => 1), /^mapWithState was given a function, and needs/],
  ['print of a text', (s) => s.print('ten'), /^print was given ten, and needs a number/],
  ['print of less than nothing', (s) => s.print(-1), /^print was given -1/],
  ['print of a part of a record', (s) => s.pprint(1.5), /^print was given 1.5/],
  ['foreachPartition of nothing', (s) => s.foreachPartition(), /^foreachPartition was given undefined/],
  ['updateStateByKey of a number', (s) => s.updateStateByKey(5), /^updateStateByKey was given a number/],
  ['StateUpdate.timed of nothing', () => StateUpdate.timed(null as any), /^StateUpdate.timed was given null/],
  ['StateUpdate.entries of a text', () => StateUpdate.entries('x' as any), /^StateUpdate.entries was given a string/],
  ['StateSpec.function of nothing', () => StateSpec.function(null as any), /^StateSpec.function was given null/],
  ['StateSpec.timed of a text', () => StateSpec.timed('x' as any), /^StateSpec.timed was given a string/],
  [
    'StateSpec.mapping with a number',
    () => StateSpec.mapping(() => 1, 5 as any),
    /^The options of StateSpec.mapping are 5/,
  ],
  ['migrate that is a text', () => StateSpec.mapping(() => 1).version(2, 'x' as any), /^migrate was given a string/],
  [
    'a filter that is a text',
    (s) => s.reduceByKeyAndWindow(add, add, 1000, 1000, 2, 'x'),
    /^the filter of reduceByKey/,
  ],
  [
    'two filters of reduceByKeyAndWindow',
    (s) => s.reduceByKeyAndWindow(add, add, 1000, 1000, { filter: () => true }, () => false),
    /^reduceByKeyAndWindow was given two filters\.$/,
  ],
  [
    'a filter that is a number',
    (s) => s.reduceByKeyAndWindow(add, add, 1000, 1000, { filter: 1 }),
    /^filter of this operator is 1/,
  ],
  ['fields without names', (s) => s.fields(['id']), /^fields needs the names/],
  ['columns in one text', (s) => s.decodeCsv('id,price'), /^decodeCsv needs the names/],
  ['options of decodeCsv that are a text', (s) => s.decodeCsv(['id'], ';'), /^The options of decodeCsv are ";"/],
  ['a number for the options of mapAsync', (s) => s.mapAsync(async () => 1, 8), /^The options of mapAsync are 8/],
  ['options in the place of a suffix', (s) => s.saveAsTextFiles('out', { name: 'x' }), /^The suffix of directories is/],
  [
    'a union of streams that are in no list',
    (s, ssc) => ssc.union(s, s),
    /^union was given an object, and needs a list/,
  ],
  [
    'a transform of one stream',
    (s, ssc) => ssc.transform(s, (r: any) => r),
    /^transform was given an object, and needs/,
  ],
  [
    'mapWithState of no stream',
    (_s, ssc) =>
      ssc.mapWithState(
        1,
        StateSpec.mapping(() => 1),
      ),
    /^A stream meets a number/,
  ],
  ['a queue that is a text', (_s, ssc) => ssc.queueStream('abc'), /^queueStream was given a string/],
  ['a queue of records', (_s, ssc) => ssc.queueStream([1]), /^A queue of queueStream holds a number/],
  ['a queue of texts', (_s, ssc) => ssc.queueStream(['abc']), /^A queue of queueStream holds a string/],
  [
    'no host',
    (_s, ssc) => ssc.socketTextStream(undefined, 1),
    /^socketTextStream was given undefined, and needs a host/,
  ],
  ['a conversion that is none', (_s, ssc) => ssc.socketStream('h', 1, 'lines'), /^socketStream was given a string/],
  ['a receiver that is a function', (_s, ssc) => ssc.receiverStream(() => 1), /^receiverStream was given a function/],
  ['a number for the options of a source', (_s, ssc) => ssc.rateStream(10, 4), /^The options of rateStream are 4/],
  [
    'null for the options of a source',
    (_s, ssc) => ssc.textFileStream('in', null),
    /^The options of textFileStream are null/,
  ],
  ['a rate that is a text', (_s, ssc) => ssc.rateStream('10'), /^rateStream was given "10" records a second/],
  [
    'a reader of files that is a text',
    (_s, ssc) => ssc.fileStream('in', { read: 'json' }),
    /^fileStream was given a str/,
  ],
  ['a checkpoint in no directory', (_s, ssc) => ssc.checkpoint(5), /^checkpoint was given 5, and needs a directory/],
  ['an output without a sink', (s) => s.output('out'), /^A sink is undefined without a name, a guarantee or write/],
  ['a sink without a guarantee', (s) => s.output({ name: 'x', write() {} }), /^A sink is an object without/],
  ['a sink of another guarantee', (s) => s.output({ name: 'x', guarantee: 'maybe', write() {} }), /^A sink is/],
  ['a source without cut', (_s, ssc) => ssc.source('x', { name: 'X', read() {} }), /^A source is an object without/],
  ['a source without a name', (_s, ssc) => ssc.source('x', { cut() {}, read() {} }), /^A source is an object/],
]

for (const [what, build, message] of mistakes)
  test(`${what} is refused where it is written, before anything runs`, () => {
    const define = (ssc: StreamingContext): void => {
      const stream: DStream<any> = ssc.socketTextStream('localhost', 1)
      stream.print()
      build(stream, ssc)
    }
    assert.throws(
      () => app('arguments', seconds(1), define).build(),
      (error) => {
        assert.ok(hasCode(error, 'E_ARGUMENT'), String(error))
        assert.match(error.message, message)
        assert.match(String(error.where.place), /arguments\.test\.ts:\d+/)
        return true
      },
    )
  })

test('whatever is no number of partitions and no partitioner is refused, and no record is lost by it', () => {
  const texts: readonly (readonly [parts: unknown, shown: string])[] = [
    [null, 'null'],
    ['4', '"4"'],
    [[4], 'an array of 1'],
    [{ partitions: null }, 'null'],
    [() => 4, 'a function'],
    [{ getPartition: () => 0 }, 'undefined'],
  ]
  for (const [parts, shown] of texts) {
    const define = (ssc: StreamingContext): void => {
      const pairs: any = ssc.socketTextStream('localhost', 1).map((line) => [line, 1])
      pairs.groupByKey(parts).print()
    }
    assert.throws(
      () => app('partitions', seconds(1), define).build(),
      (error) => hasCode(error, 'E_PARTITIONS') && error.message.includes(`(${shown})`),
    )
  }
})

test('an interval that is made of no number is refused where it is made', () => {
  for (const count of [null, '2', NaN, undefined, Infinity])
    assert.throws(
      () => seconds(count as never),
      (error) => hasCode(error, 'E_INTERVAL') && /arguments\.test\.ts:\d+/.test(String(error.where.place)),
    )
})

test('settings that are no settings are refused', () => {
  for (const conf of [null, 5, [1], true])
    assert.throws(
      () => new StreamingContext(conf as never, seconds(1)),
      (error) => hasCode(error, 'E_CONF'),
    )
  for (const value of [undefined, null, {}, [1]])
    assert.throws(
      () => new SparkConf().set('spark.x', value as never),
      (error) => hasCode(error, 'E_CONF'),
    )
})

test('an app without a definition is refused where it is written', () => {
  assert.throws(
    () => app('none', seconds(1), undefined as never),
    (error) => hasCode(error, 'E_ARGUMENT') && error.message.startsWith('app was given undefined'),
  )
})

test('a function that creates no context is refused at the first start, not at the one that recovers', async () => {
  for (const create of [undefined, 'x', () => null])
    await assert.rejects(StreamingContext.getOrCreate('none', create as never), (error) => hasCode(error, 'E_ARGUMENT'))
})

/** What was taken for the default without a word, or for a bound under which nothing is ever read. */
const badOptions: readonly [method: string, options: object, message: RegExp][] = [
  ['textFileStream', { selct: 'seen' }, /^selct is no option of the text files of in/],
  ['textFileStream', { recursive: true }, /^recursive is no option of the text files of in/],
  ['textFileStream', { select: 'sen' }, /^select of the text files of in is "sen"; it must be 'times' or 'seen'/],
  [
    'textFileStream',
    { select: 'seen', maxFilesPerBatch: 0 },
    /^maxFilesPerBatch of .* is 0; it must be a whole number/,
  ],
  ['textFileStream', { maxFilesPerBatch: 9 }, /^maxFilesPerBatch of the files of in needs select: 'seen'/],
  ['textFileStream', { minRememberMs: -1 }, /^minRememberMs of .* is -1/],
  ['textFileStream', { encoding: 'utf-16' }, /^encoding of .* is "utf-16"; it must be 'utf8' or 'latin1'/],
  ['textFileStream', { maxLineBytes: '1k' }, /^maxLineBytes of .* is "1k"/],
  ['textFileStream', { splitBytes: 0 }, /^splitBytes of .* is 0/],
  ['textFileStream', { onDecodeError: 'skip' }, /^onDecodeError of .* is "skip"/],
  ['textFileStream', { onMissing: 'ignore' }, /^onMissing of .* is "ignore"/],
  ['textFileStream', { filter: '*.txt' }, /^filter of .* is "\*.txt"; it must be a function/],
  ['textFileStream', { newFilesOnly: 'no' }, /^newFilesOnly of .* is "no"/],
  ['fileStream', { read: () => [], onDecodeError: 'replace' }, /^onDecodeError of the files of in is "replace"/],
  ['followStream', { from: 'beginning' }, /^from of the followed file in is "beginning"/],
  ['followStream', { maxBytesPerBatch: 0 }, /^maxBytesPerBatch of .* is 0/],
  ['followStream', { onDecodeError: 'skip-file' }, /^onDecodeError of .* is "skip-file"/],
  ['stdinStream', { encoding: 'ascii' }, /^encoding of standard input is "ascii"/],
]

for (const [method, options, message] of badOptions)
  test(`${method} refuses ${JSON.stringify(options)} before anything is read`, () => {
    const define = (ssc: any): void => {
      const stream = method === 'stdinStream' ? ssc[method](options) : ssc[method]('in', options)
      stream.print()
    }
    assert.throws(
      () => app('options', seconds(1), define).build(),
      (error) => hasCode(error, 'E_ARGUMENT') && message.test(error.message) && error.where.place !== undefined,
    )
  })

test('a program that is stopped with what is no flag goes on', async () => {
  const context = new StreamingContext({}, seconds(1))
  for (const flags of [['yes'], [true, null], [true, { gracefully: true }]])
    assert.throws(() => context.stop(...(flags as [])), { code: 'E_ARGUMENT' })
  assert.equal(context.getState(), 'INITIALIZED')
})

test('no streams are nothing to transform, and none to unite', () => {
  const context = new StreamingContext({}, seconds(1))
  assert.throws(() => context.transform([], ([rdd]: any) => rdd), { code: 'E_GRAPH' })
  assert.throws(() => context.union([]), { code: 'E_GRAPH' })
})

test('a slice between what are no times is refused, also before the start', async () => {
  const stream: any = new StreamingContext({}, seconds(1)).socketTextStream('localhost', 1)
  const now = new Time(Date.now())
  for (const wrong of [undefined, null, 5, '2026-01-01', new Date(), new Time(NaN), new Time(Infinity)]) {
    await assert.rejects(stream.slice(wrong, now), { code: 'E_ARGUMENT', spark: 'IllegalArgumentException' })
    await assert.rejects(stream.slice(now, wrong), { code: 'E_ARGUMENT' })
  }
  await assert.rejects(stream.context.slice(5, now, now), { code: 'E_ARGUMENT' })
  await assert.rejects(stream.slice(now, now), { code: 'E_NOT_INITIALISED' })
})

test('a slice from the beginning of time is all that was read, with the batch that is being shown', async () => {
  const context = new StreamingContext({ master: 'local[1]' }, milliseconds(50))
  const numbers = context.queueStream([[1, 2], [3]])
  const sliced = Promise.withResolvers<RDD<number>[]>()
  numbers.foreachRDD(
    (rdd) => void (rdd.collect().includes(3) && sliced.resolve(numbers.slice(new Time(0), new Time(Date.now())))),
  )
  context.start()
  const rdds = await sliced.promise
  await assert.rejects(numbers.slice(new Time(0), new Time(Number.MAX_SAFE_INTEGER)), { code: 'E_ARGUMENT' })
  const records = rdds.flatMap((rdd) => rdd.collect())
  await context.stop()
  assert.deepEqual(records, [1, 2, 3])
})

test('a row of times with a step that leads nowhere is refused', () => {
  for (const step of [0, -1, NaN])
    assert.throws(() => new Time(0).to(new Time(10), new Duration(step)), { code: 'E_INTERVAL' })
  assert.deepEqual(
    new Time(0).until(new Time(10), new Duration(5)).map(Number),
    [0, 5].map((ms) => Number(new Time(ms))),
  )
})

test('options of sockets and of HTTP are looked at as well', () => {
  const refused = (define: (ssc: any) => unknown): void =>
    assert.throws(() => app('options', seconds(1), (ssc) => void define(ssc)).build(), { code: 'E_ARGUMENT' })
  refused((ssc) => ssc.socketTextStream('localhost', 1, { encoding: 'utf-16' }))
  refused((ssc) => ssc.httpStream(8080, { body: 'jsonl' }))
  refused((ssc) => ssc.httpStream(8080, { maxWaiting: -1 }))
  refused((ssc) => ssc.httpStream(8080, { schema: {} }))
})
