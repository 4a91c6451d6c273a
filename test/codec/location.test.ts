import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { files } from '../../lib/adapters/index.ts'
import { app, seconds, SparkContext, type StreamingContext } from '../../lib/index.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { locationOf, outputLocation } from '../../lib/codec/location.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

test('a path, a file: URL and an address in S3 are places', () => {
  const local = (path: string) => ({ kind: 'local', path })
  assert.deepEqual(locationOf('in/x'), local('in/x'))
  assert.deepEqual(locationOf('/in/x'), local('/in/x'))
  assert.deepEqual(locationOf('file:///in/a%20b'), local('/in/a b'))
  assert.deepEqual(locationOf('file:/in'), local('/in'))
  assert.deepEqual(locationOf('file:in'), local('in'))
  assert.deepEqual(locationOf('10:30/x'), local('10:30/x'))
  assert.deepEqual(locationOf('s3a://bucket/x'), { kind: 's3', url: 's3://bucket/x' })
})

test('a folder of HDFS is a place for files by the web address of its name node; others say what to write', () => {
  for (const url of ['webhdfs://nn:9870/a b', 'swebhdfs://me@nn:9871/a'])
    assert.deepEqual(outputLocation(url), { kind: 'webhdfs', url })
  const wrong: [place: string, next: string][] = [
    ['hdfs://nn:8020/in', 'write webhdfs://nn:9870/in'],
    ['hdfs://me@nn/in', 'write webhdfs://me@nn:9870/in'],
    ['hdfs:///in', 'write webhdfs://namenode:9870/path'],
    ['webhdfs://nn/in', 'write webhdfs://nn:9870/in'],
  ]
  for (const [place, next] of wrong)
    assert.throws(
      () => files(place, { format: 'text' }),
      (error) => hasCode(error, 'E_PLACE') && error.next[0].startsWith(next),
      place,
    )
})

test('whoever calls what Spark has for output formats of Hadoop is told which sink to use, with the place', () => {
  app('hadoop', seconds(1), (ssc) => {
    const pages = ssc.socketTextStream('localhost', 1)
    pages.print()
    for (const name of ['saveAsHadoopFiles', 'saveAsNewAPIHadoopFiles'] as const)
      assert.throws(
        () => pages[name]('webhdfs://nn:9870/out', 'txt', 'TextOutputFormat'),
        (error) =>
          hasCode(error, 'E_SINK_FORMAT') &&
          error.next[0].includes("stream.output('files', files('webhdfs://nn:9870/out', { format: 'parquet' }))"),
      )
    assert.throws(
      () => pages.saveAsHadoopFiles('hdfs://nn/out'),
      (error) => hasCode(error, 'E_PLACE') && error.next[0].startsWith('write webhdfs://nn:9870/out'),
    )
  }).build()
})

const foreign = [
  'hdfs://namenode/in',
  'hdfs:/in',
  'hdfs://nn:8020/in',
  'gs://bucket/in',
  'https://example.com/in',
  's3n://b/in',
  'file://host/in',
  'gs:/bucket/in',
  'minio:/bucket/in',
  'arn:aws:s3:::bucket/in',
  's3:/bucket/in',
  's3://',
  's3:///in',
  'S3://Bucket/in',
  ' s3://bucket/in',
  '\ns3a://bucket/in',
  '~/in',
  '~ann/in',
  '~',
]

type Use = (ssc: StreamingContext, place: string) => unknown
const uses: readonly [what: string, use: Use][] = [
  ['textFileStream', (ssc, place) => ssc.textFileStream(place)],
  ['binaryRecordsStream', (ssc, place) => ssc.binaryRecordsStream(place, 4)],
  ['fileStream', (ssc, place) => ssc.fileStream(place, { read: () => [] })],
  ['saveAsTextFiles', (ssc, place) => ssc.socketTextStream('localhost', 1).saveAsTextFiles(place)],
  ['saveAsObjectFiles', (ssc, place) => ssc.socketTextStream('localhost', 1).saveAsObjectFiles(place)],
  ['files()', (_ssc, place) => files(place, { format: 'text' })],
  ['sc.textFile', (ssc, place) => ssc.sparkContext.textFile(place)],
  ['sc.wholeTextFiles', (ssc, place) => ssc.sparkContext.wholeTextFiles(place)],
  ['sc.objectFile', (ssc, place) => ssc.sparkContext.objectFile(place)],
  ['rdd.saveAsTextFile', (_ssc, place) => new SparkContext().parallelize([1]).saveAsTextFile(place)],
]

for (const [what, use] of uses.filter(([name]) => name !== 'files()'))
  test(`${what} refuses HDFS, where only files() writes`, () => refusesIn(use, 'webhdfs://nn:9870/in'))

const inS3 = new Set([
  'textFileStream',
  'binaryRecordsStream',
  'fileStream',
  'saveAsTextFiles',
  'saveAsObjectFiles',
  'files()',
])

const refusesIn = (use: Use, place: string): void => {
  app('places', seconds(1), (ssc) => {
    assert.throws(
      () => use(ssc, place),
      (error) => hasCode(error, 'E_PLACE') && error.next.length > 0,
      place,
    )
    ssc.socketTextStream('localhost', 1).print()
  }).build()
}

for (const [what, use] of uses) {
  test(`${what} refuses a place that it has no way to, and says what to use`, () => {
    for (const place of foreign) refusesIn(use, place)
  })
}

test('a place that is no text, or an empty one, is refused, with what may have become of it', () => {
  for (const [place, next] of [
    [undefined, /variable/],
    [null, /variable/],
    ['', /variable/],
    [' ', /variable/],
    [new URL('file:///in'), /fileURLToPath/],
    [Buffer.from('in'), /variable/],
  ] as const)
    for (const [what, use] of uses)
      app('places', seconds(1), (ssc) => {
        assert.throws(
          () => use(ssc, place as never),
          (error) => hasCode(error, 'E_PLACE') && next.test(error.next[0]),
          what,
        )
        ssc.socketTextStream('localhost', 1).print()
      }).build()
})

test('directories of a stream are not named after a bucket alone: each would be a bucket of its own', () => {
  const prefixes = uses.filter(([what]) => what.startsWith('saveAs'))
  for (const [, use] of prefixes) refusesIn(use, 's3://bucket')
})

test('what looks like an abbreviation or a scheme and is a name of a folder stays one', () => {
  for (const path of ['a~/b', './~', 'in:x', 'C:/x', 'a:b/c', ' in', 'in '])
    assert.deepEqual(locationOf(path), { kind: 'local', path })
})

test('what needs files of this machine refuses S3, which would be a folder of that name', () => {
  for (const [what, use] of uses) if (!inS3.has(what)) refusesIn(use, 's3://bucket/x')
})

test('textFileStream of a file is refused: it would wait for ever', async (t) => {
  const file = join(await temporaryFolder(t), 'a.txt')
  writeFileSync(file, 'a\n')
  refusesIn((ssc, place) => ssc.textFileStream(place), file)
})

test('streams of files read objects of a bucket where the path says so', () => {
  app('places', seconds(1), (ssc) => {
    const streams = [
      ssc.textFileStream('s3a://bucket/in'),
      ssc.binaryRecordsStream('s3://bucket/in', 4),
      ssc.fileStream('s3://bucket/in', { read: () => [] }),
    ]
    const names = streams.map(({ node }) => node.kind === 'source' && node.source.name)
    assert.deepEqual(names, ['S3 text stream', 'S3 file stream', 'S3 file stream'])
    ssc.socketTextStream('localhost', 1).print()
  }).build()
})

test('what is wrong with a URL of a file is the cause of the error, and an error without one has none', () => {
  const thrown = (place: string): Error => {
    try {
      locationOf(place)
    } catch (error) {
      return error as Error
    }
    return assert.fail(`${place} is a place`)
  }
  assert.ok(thrown('file://host/x').cause instanceof TypeError)
  assert.equal(thrown('hdfs://nn/x').cause, undefined)
})
