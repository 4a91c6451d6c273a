import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import { app, type DStream, seconds, type StreamingContext } from '../../../lib/index.ts'
import { files } from '../../../lib/adapters/index.ts'
import { validateStart } from '../../../lib/api/dstream/validate-start.ts'
import { assertRefusal, thrownBy } from '../../support/secret.ts'

type Define = (ssc: StreamingContext) => DStream<string>
type Write = (stream: DStream<string>) => void

/** What keeps a program with this source and this output from being started, or null. */
const refusal = async (read: Define, write: Write): Promise<unknown> => {
  const context = app('loop', seconds(1), (ssc) => write(read(ssc).map((line) => line))).build()
  context.checkpointDir = 'memory'
  return thrownBy(() => {
    validateStart(context)
    throw new Error('started')
  })
}

const lines =
  (directory: string): Define =>
  (ssc) =>
    ssc.textFileStream(directory)
const save =
  (prefix: string, suffix?: string): Write =>
  (stream) =>
    stream.saveAsTextFiles(prefix, suffix)
const sink =
  (path: string): Write =>
  (stream) =>
    stream.output('copy', files(path, { format: 'text' }))

const loops: readonly [sentence: string, read: Define, write: Write][] = [
  ['a files sink in the directory of a text source', lines('in'), sink('in')],
  ['the same, written in another way', lines('./in/'), sink('out/../in')],
  ['the same, once as a URL', lines(pathToFileURL('in').href), sink('in')],
  ['the same, once as an absolute path', lines(resolve('in')), sink('in')],
  ['a files sink in one of the directories of a pattern', lines('logs/*'), sink('logs/today')],
  ['the manifests of a files sink in a directory of a pattern', lines('out/*'), sink('out')],
  ['saved directories that a pattern takes in', lines('out/*'), save('out/counts')],
  ['saved directories with a suffix that a pattern takes in', lines('out/counts-*.txt'), save('out/counts', 'txt')],
  ['object files in a directory of a pattern', lines('out/{a,b}-*'), (stream) => stream.saveAsObjectFiles('out/b')],
  ['a source of records of fixed length', (ssc) => ssc.binaryRecordsStream('in', 4).map(String), sink('in')],
  ['a source with a reader of its own', (ssc) => ssc.fileStream('in'), sink('in')],
]
for (const [sentence, read, write] of loops) {
  test(`B09: ${sentence} is E_LOOP before anything starts, with the places of both`, async () => {
    const error = assertRefusal(
      await refusal(read, write),
      'E_LOOP',
      /^The output ".+" writes files into .+, where the source ".+" looks for new ones\.$/,
    )
    assert.match(error.where.place ?? '', /^test\/api\/dstream\/loops\.test\.ts:\d+:\d+$/)
    assert.match(
      error.where.detail ?? '',
      /^the source is defined at test\/api\/dstream\/loops\.test\.ts:\d+:\d+ with /,
    )
    assert.ok(error.where.operator)
    assert.equal(error.did, 'nothing was started')
  })
}

const harmless: readonly [sentence: string, read: Define, write: Write][] = [
  ['an output below the directory, where the source does not look', lines('in'), save('in/counts')],
  ['an output above the directory', lines('data/in'), sink('data')],
  ['an output beside it with a name that begins alike', lines('in'), sink('in-2')],
  [
    'a directory with a batch time in its name, where the source has the prefix',
    lines('out/counts'),
    save('out/counts'),
  ],
  [
    'a filter that the program gives',
    (ssc) => ssc.textFileStream('in', { filter: (path) => path.endsWith('.log') }),
    sink('in'),
  ],
  ['a pattern that ends elsewhere', lines('logs/*/raw'), sink('logs/today')],
]
for (const [sentence, read, write] of harmless) {
  test(`B09: ${sentence} is no loop`, async () =>
    assert.equal(((await refusal(read, write)) as Error).message, 'started'))
}
