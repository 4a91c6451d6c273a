import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { files } from '../../lib/adapters/index.ts'
import { app, seconds, SparkContext, type StreamingContext } from '../../lib/index.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { locationOf } from '../../lib/codec/location.ts'
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

const foreign = [
  'hdfs://namenode/in',
  'hdfs:/in',
  'gs://bucket/in',
  'https://example.com/in',
  's3n://b/in',
  'file://host/in',
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
