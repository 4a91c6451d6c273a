import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { hasCode } from '../../../lib/model/errors.ts'
import { files, type FilesManifest } from '../../../lib/adapters/index.ts'
import { deliver, delivery, sinkContract, type SinkRow } from '../../../lib/testing/contracts/sink.ts'
import { DyingCalls } from '../dying-calls.ts'
import { dyingWithFiles } from '../dying-files.ts'
import { temporaryFolder } from '../local/temporary-folder.ts'

sinkContract('files', async (t) => {
  const folder = await temporaryFolder(t)
  return {
    fenced: false,
    open: () => files(folder, { format: 'ndjson' }),
    dying: (n, death) => dyingWithFiles(files(folder, { format: 'ndjson' }), new DyingCalls(n, death)),
    contents: async () =>
      (await listedLines(folder)).map((line) => {
        const row = JSON.parse(line) as Omit<SinkRow, 'at'> & { at: string | null }
        return { ...row, at: row.at === null ? null : new Date(row.at) }
      }),
  }
})

test('files: a reader of the manifests sees nothing of a batch until all of it is there', async (t) => {
  const folder = await temporaryFolder(t)
  const sink = files<string>(folder, { format: 'text' })
  await sink.write(['a'], delivery(1, 0, 2))
  await sink.write(['b'], delivery(1, 1, 2))
  assert.deepEqual(await listedLines(folder), [])
  await deliver(sink, 1, [['a'], ['b']])
  assert.deepEqual(await listedLines(folder), ['a', 'b'])
})

test('files: names follow from batch and partition, and a repeated batch has the same bytes', async (t) => {
  const folder = await temporaryFolder(t)
  const content = async (): Promise<unknown> => {
    const names = (await readdir(folder)).filter((name) => !name.startsWith('_')).sort()
    return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]))
  }
  const write = (): Promise<void> =>
    deliver(files<number>(folder, { format: 'text', name: 'pages' }), 12, [[1, 2], [], [3]])
  await write()
  const first = await content()
  assert.deepEqual(first, [
    ['pages-one-0000000012-00000.txt', '1\n2\n'],
    ['pages-one-0000000012-00002.txt', '3\n'],
  ])
  await write()
  assert.deepEqual(await content(), first)
  assert.deepEqual(await readdir(join(folder, '_temporary')), [])
})

test('files: what does not fit in a line is refused, and nothing of its partition is written', async (t) => {
  const folder = await temporaryFolder(t)
  const cases: ['text' | 'ndjson', unknown][] = [
    ['text', 'two\nlines'],
    ['text', 'half \ud800'],
    ['text', ['a', 1]],
    ['text', null],
    ['ndjson', () => 1],
  ]
  for (const [format, record] of cases) {
    await assert.rejects(
      deliver(files(folder, { format }), 1, [['fine', record]]),
      (error) => hasCode(error, 'E_SINK_VALUE'),
      String(record),
    )
  }
  assert.deepEqual(await readdir(folder), [])
})

test('files: ndjson holds bigints, maps, sets, bytes, NaN and what is missing', async (t) => {
  const folder = await temporaryFolder(t)
  const record = { id: 2n ** 60n, m: new Map([['a', NaN]]), s: new Set([1]), b: Uint8Array.of(1, 2), l: [1, undefined] }
  await deliver(files(folder, { format: 'ndjson' }), 1, [[record, undefined]])
  assert.deepEqual(await listedLines(folder), [
    '{"id":1152921504606846976,"m":{"a":"NaN"},"s":[1],"b":"AQI=","l":[1,null]}',
    'null',
  ])
})

test('files: the folder of one output is refused to another', async (t) => {
  const folder = await temporaryFolder(t)
  await deliver(files<string>(folder, { format: 'text' }), 1, [['a']], { sink: 'pages' })
  await assert.rejects(deliver(files<string>(folder, { format: 'text' }), 1, [['b']], { sink: 'users' }), (error) =>
    hasCode(error, 'E_SINK_TAKEN'),
  )
  assert.deepEqual(await listedLines(folder), ['a'])
})

test('B51: files: a name that could leave the folder is refused', () => {
  for (const name of ['', '../x', 'a/b', '.hidden', '_manifest', 'a\nb', 'x'.repeat(200)]) {
    assert.throws(
      () => files('out', { format: 'text', name }),
      (error) => hasCode(error, 'E_SINK_NAME'),
      name,
    )
  }
})

/** What a reader finds who goes by the manifests. */
async function listedLines(folder: string): Promise<string[]> {
  const names = (await readdir(join(folder, '_manifest')).catch(() => []))
    .filter((name) => name.endsWith('.json'))
    .sort()
  const lines: string[] = []
  for (const name of names) {
    const manifest = JSON.parse(await readFile(join(folder, '_manifest', name), 'utf8')) as FilesManifest
    for (const file of manifest.files) {
      const text = await readFile(join(folder, file.name), 'utf8')
      assert.equal(Buffer.byteLength(text), file.bytes)
      lines.push(...text.split('\n').slice(0, -1))
    }
  }
  return lines
}
