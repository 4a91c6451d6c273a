import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { hasCode } from '../../../lib/model/errors.ts'
import { files, type FilesManifest, type FilesOptions } from '../../../lib/adapters/index.ts'
import { sinkContract } from '../../../lib/testing/contracts/sink.ts'
import { deliver, delivery, type SinkRow } from '../../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../dying-calls.ts'
import { dyingWithFiles } from '../dying-files.ts'
import { temporaryFolder } from '../local/temporary-folder.ts'
import { csvCells, listedFiles, listedLines, listedRows, rowsIn, type Shelf, shelfOf, textIn } from './read-files.ts'

type Rows = (shelf: Shelf) => Promise<SinkRow[]>

const jsonRows: Rows = async (shelf) =>
  (await listedLines(shelf)).map((line) => {
    const row = JSON.parse(line) as Omit<SinkRow, 'at'> & { at: string | null }
    return { ...row, at: row.at === null ? null : new Date(row.at) }
  })

const cellRows: Rows = async (shelf) =>
  (await listedFiles(shelf)).flatMap((file) =>
    csvCells(textIn(file)).map(([id, text, n, at]) => ({
      id: id!,
      text,
      n: n === null ? null : Number(n),
      at: at === null ? null : new Date(at),
    })),
  )

const columns = { id: 'string', text: 'string', n: 'double', at: 'timestamp' } as const

const kinds: readonly [name: string, options: FilesOptions<SinkRow>, read: Rows][] = [
  ['ndjson', { format: 'ndjson' }, jsonRows],
  ['ndjson, gzip', { format: 'ndjson', compression: 'gzip' }, jsonRows],
  ['csv, zstd', { format: 'csv', columns: Object.keys(columns), header: false, compression: 'zstd' }, cellRows],
  ['parquet', { format: 'parquet', columns }, (shelf) => listedRows(shelf) as Promise<unknown> as Promise<SinkRow[]>],
]

for (const [name, options, read] of kinds)
  sinkContract(`files (${name})`, async (t) => {
    const folder = await temporaryFolder(t)
    return {
      fenced: false,
      open: () => files(folder, options),
      dying: (n, death) => dyingWithFiles(files(folder, options), new DyingCalls(n, death)),
      contents: () => read(shelfOf(folder)),
    }
  })

test('files: a reader of the manifests sees nothing of a batch until all of it is there', async (t) => {
  const folder = await temporaryFolder(t)
  const sink = files<string>(folder, { format: 'text' })
  await sink.write(['a'], delivery(1, 0, 2))
  await sink.write(['b'], delivery(1, 1, 2))
  assert.deepEqual(await listedLines(shelfOf(folder)), [])
  await deliver(sink, 1, [['a'], ['b']])
  assert.deepEqual(await listedLines(shelfOf(folder)), ['a', 'b'])
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
  assert.deepEqual(await listedLines(shelfOf(folder)), [
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
  assert.deepEqual(await listedLines(shelfOf(folder)), ['a'])
})

test('files: a batch without records is refused in the folder of another output as well', async (t) => {
  const folder = await temporaryFolder(t)
  await deliver(files<string>(folder, { format: 'text' }), 1, [['a']], { sink: 'pages' })
  const manifests = await shelfOf(folder).names('_manifest/')
  await assert.rejects(
    deliver(files<string>(folder, { format: 'text' }), 2, [[], []], { sink: 'users' }),
    (error) => hasCode(error, 'E_SINK_TAKEN') && /output "pages" of app "app"/.test(error.message),
  )
  const own = files<string>(folder, { format: 'text' })
  await own.write(['b'], delivery(2, 0, 1, { sink: 'pages' }))
  const foreign = { ...delivery(2, 0, 1, { sink: 'pages' }), app: 'other' }
  await assert.rejects(own.write(['c'], foreign), (error) => hasCode(error, 'E_SINK_TAKEN'))
  assert.deepEqual(await shelfOf(folder).names('_manifest/'), manifests)
})

test('files: a delivery that was given up writes nothing', async (t) => {
  const folder = await temporaryFolder(t)
  const sink = files<string>(folder, { format: 'text' })
  const given = { ...delivery(1), signal: AbortSignal.abort(new Error('given up')) }
  await assert.rejects(sink.write(['a'], given), /given up/)
  assert.deepEqual(await readdir(folder), [])
})

test('files: a folder whose owner cannot be read is refused to everybody, and nothing is written', async (t) => {
  for (const owner of ['', '{', '{"app":1,"sink":"pages"}', '{"app":"app"}']) {
    const folder = await temporaryFolder(t)
    await mkdir(join(folder, '_manifest'))
    await writeFile(join(folder, '_manifest', '_owner'), owner)
    await assert.rejects(
      deliver(files<string>(folder, { format: 'text' }), 1, [['b']], { sink: 'pages' }),
      (error) => hasCode(error, 'E_SINK_TAKEN') && /somebody who cannot be read/.test(error.message),
      owner,
    )
    assert.deepEqual(await readdir(folder), ['_manifest'])
  }
})

test('files: a manifest says whose batch it is, and each file with its partition and its size', async (t) => {
  const folder = await temporaryFolder(t)
  await deliver(files<string>(folder, { format: 'text' }), 3, [['ab'], [], ['c', 'd']])
  const shelf = shelfOf(folder)
  const [name] = (await shelf.names('_manifest/')).filter((each) => each.endsWith('.json'))
  assert.equal(name, '_manifest/0000000003-one.json')
  const told = JSON.parse(Buffer.from(await shelf.read(name)).toString()) as FilesManifest
  assert.deepEqual([told.app, told.inc, told.sink, told.batch, told.partitions], ['app', 'one', 'rows', 3, 3])
  assert.deepEqual(told.files, [
    { name: 'part-one-0000000003-00000.txt', partition: 0, bytes: 3 },
    { name: 'part-one-0000000003-00002.txt', partition: 2, bytes: 4 },
  ])
})

test('B51: files: a name that could leave the folder is refused', () => {
  for (const name of ['', '../x', 'a/b', '.hidden', '_manifest', 'a\nb', 'x'.repeat(81)]) {
    assert.throws(
      () => files('out', { format: 'text', name }),
      (error) => hasCode(error, 'E_SINK_NAME'),
      name,
    )
  }
  assert.equal(files('out', { format: 'text', name: 'x'.repeat(80) }).name, 'files')
})

test('B51: files: an incarnation leads nowhere and ends no name, whatever it is', async (t) => {
  const folder = await temporaryFolder(t)
  const inc = '../../a.b/c'
  const batch = { ...delivery(1), inc }
  const sink = files<string>(folder, { format: 'text' })
  await sink.write(['a'], batch)
  await sink.finish!({ ...batch, partitions: 1 })
  const shown = '%2E%2E%2F%2E%2E%2Fa%2Eb%2Fc'
  assert.deepEqual(
    (await readdir(folder)).filter((name) => !name.startsWith('_')),
    [`part-${shown}-0000000001-00000.txt`],
  )
  assert.ok((await readdir(join(folder, '_manifest'))).includes(`0000000001-${shown}.json`))
})

/** The only file of batch 1. */
async function fileOf<T>(t: TestContext, records: readonly T[], options: FilesOptions<T>): Promise<Uint8Array> {
  const folder = await temporaryFolder(t)
  await deliver(files(folder, options), 1, [records])
  const [file] = await listedFiles(shelfOf(folder))
  return file.bytes
}

const textOf = async <T>(t: TestContext, records: readonly T[], options: FilesOptions<T>): Promise<string> =>
  Buffer.from(await fileOf(t, records, options)).toString()

test('files: CSV quotes what a reader would take for something else, and tells "" from nothing', async (t) => {
  const records = [
    { id: 1, text: 'a,b "c"\n', at: new Date(0) },
    { id: 2n ** 60n, text: '', more: true },
    { id: NaN, text: ' x', more: null },
    { id: -0, text: 'plain' },
  ]
  assert.equal(
    await textOf(t, records, { format: 'csv' }),
    'id,text,at,more\n1,"a,b ""c""\n",1970-01-01T00:00:00.000Z,\n1152921504606846976,"",,true\nNaN," x",,\n0,plain,,\n',
  )
})

test('files: a cell of CSV holds bytes as base64, and what a value says of itself', async (t) => {
  const records = [
    {
      bytes: Uint8Array.of(1, 2, 255),
      price: { toJSON: () => 1.5 },
      flag: Object(true),
      'a "b"': '',
      tab: '\tx',
      line: 'a\rb',
      plain: 'a b',
    },
  ]
  assert.equal(
    await textOf(t, records, { format: 'csv' }),
    'bytes,price,flag,"a ""b""",tab,line,plain\nAQL/,1.5,true,"","\tx","a\rb",a b\n',
  )
  assert.equal(await textOf(t, [{ toJSON: () => ({ a: 1 }) }], { format: 'csv' }), 'a\n1\n')
  assert.equal(await textOf(t, [{ a: 1 }], { format: 'csv', header: false }), '1\n')
})

test('files: a function makes the lines of another format', async (t) => {
  assert.equal(await textOf(t, [1, 2], { format: (n: number) => `<${n}>` }), '<1>\n<2>\n')
  assert.equal(await textOf(t, ['a', 1, 2n, true], { format: 'text' }), 'a\n1\n2\ntrue\n')
})

test('files: the columns of tuples are _1 and _2, that of single values is value, as in Spark', async (t) => {
  assert.equal(await textOf(t, [['a', 1]], { format: 'csv' }), '_1,_2\na,1\n')
  assert.equal(await textOf(t, ['a', 'b'], { format: 'csv' }), 'value\na\nb\n')
  assert.equal(await textOf(t, [['a', 1]], { format: 'csv', columns: ['word', 'n'] }), 'word,n\na,1\n')
  assert.equal(await textOf(t, [{ n: 1, x: 2, word: 'a' }], { format: 'csv', columns: ['word', 'n'] }), 'word,n\na,1\n')
})

test('files: a Parquet file holds every type, and is read by another program as it was written', async (t) => {
  const record = {
    text: 'Grüße 🎉',
    n: 1.5,
    big: 2n ** 62n,
    yes: true,
    at: new Date(1_700_000_000_123),
    bytes: Uint8Array.of(1, 2),
    list: [1, { a: 2n ** 60n }],
    none: null,
  }
  for (const compression of ['none', 'gzip', 'zstd', 'snappy'] as const) {
    const rows = await rowsIn(await fileOf(t, [record, { text: 'only' }], { format: 'parquet', compression }))
    const { list, ...others } = rows[0]
    assert.deepEqual(others, {
      text: record.text,
      n: 1.5,
      big: 2n ** 62n,
      yes: true,
      at: record.at,
      bytes: record.bytes,
    })
    assert.equal(Buffer.from(list as Uint8Array).toString(), '[1,{"a":1152921504606846976}]')
    assert.deepEqual(
      Object.values(rows[1]).filter((value) => value !== null && value !== undefined),
      ['only'],
    )
  }
})

test('files: whole numbers and fractions have one type in all files, and given types are kept', async (t) => {
  const [{ n }] = await rowsIn(await fileOf(t, [{ n: 1 }], { format: 'parquet' }))
  const [{ n: fraction }] = await rowsIn(await fileOf(t, [{ n: 1.5 }], { format: 'parquet' }))
  assert.deepEqual([n, fraction], [1, 1.5])
  const edges = [-(2 ** 31), 2 ** 31 - 1].map((i) => ({ i, l: BigInt(i) * 2n ** 32n, d: { toJSON: () => 0.5 } }))
  const ends = await fileOf(t, edges, { format: 'parquet', columns: { i: 'int', l: 'long', d: 'double' } })
  assert.deepEqual(
    await rowsIn(ends),
    edges.map((edge) => ({ ...edge, d: 0.5 })),
  )
  const types = { n: 'long', i: 'int', s: 'string' } as const
  const [row] = await rowsIn(await fileOf(t, [{ n: 7, i: -5 }], { format: 'parquet', columns: types }))
  assert.deepEqual([row['n'], row['i'], row['s'] ?? null], [7n, -5, null])
})

test('files: a value that a column cannot take is refused with the path to it, and nothing is written', async (t) => {
  const folder = await temporaryFolder(t)
  const long = { n: 'long' } as const
  const cases: readonly [path: string, records: readonly unknown[], options: FilesOptions<unknown>][] = [
    ['record[1].price', [{ price: 1 }, { price: 'x' }], { format: 'parquet' }],
    ['record[0].n', [{ n: 1.5 }], { format: 'parquet', columns: long }],
    ['record[0].n', [{ n: 2n ** 63n }], { format: 'parquet', columns: long }],
    ['record[0].i', [{ i: 2 ** 31 }], { format: 'parquet', columns: { i: 'int' } }],
    ['record[0].s', [{ s: 'half \ud800' }], { format: 'parquet' }],
    ['record[0].f', [{ f: () => 1 }], { format: 'parquet' }],
    ['record[0].at', [{ at: new Date(NaN) }], { format: 'parquet' }],
    ['record[0]', [{}], { format: 'parquet' }],
    ['record[0]["a b"]', [{ 'a b': [1] }], { format: 'csv' }],
    ['record[0].s', [{ s: '\udc00' }], { format: 'csv' }],
    ['record[1]', [['a', 1], ['b']], { format: 'csv', columns: ['word', 'n'] }],
    ['record[2]', ['a', 'b', 'c\nd'], { format: 'text' }],
    ['record[0]', ['c\rd'], { format: 'text' }],
    ['record[0]', ['half \ud800'], { format: 'text' }],
    ['record[0] is null', [null], { format: 'text' }],
    ['record[1] is of type object', ['a', {}], { format: 'text' }],
    ['record[0] became no text but null', [1], { format: () => null as never }],
    ['record[0] became no text but a value of type number', [1], { format: () => 1 as never }],
    ['record[0].f is a function', [{ f: () => 1 }], { format: 'csv' }],
    ['record[0].m', [{ m: new Map() }], { format: 'csv' }],
    ['the column', [{ '\ud800': 1 }], { format: 'csv' }],
    ['record[0] has no fields', [{}], { format: 'csv' }],
    ['record[0].i', [{ i: -(2 ** 31) - 1 }], { format: 'parquet', columns: { i: 'int' } }],
    ['record[0].i is of kind string', [{ i: '1' }], { format: 'parquet', columns: { i: 'int' } }],
    ['record[0].n is of kind boolean', [{ n: true }], { format: 'parquet', columns: long }],
    ['record[0].n', [{ n: 2 ** 53 }], { format: 'parquet', columns: long }],
    ['record[0].s is of kind number', [{ s: 1 }], { format: 'parquet', columns: { s: 'string' } }],
    ['record[0].d is of kind bigint', [{ d: 1n }], { format: 'parquet', columns: { d: 'double' } }],
    ['record[0].b is of kind number', [{ b: 1 }], { format: 'parquet', columns: { b: 'boolean' } }],
    ['record[0].t is of kind string', [{ t: '2026-01-01' }], { format: 'parquet', columns: { t: 'timestamp' } }],
    ['record[0].y is of kind list', [{ y: [1] }], { format: 'parquet', columns: { y: 'binary' } }],
  ]
  for (const [path, records, options] of cases)
    await assert.rejects(
      deliver(files(folder, options), 1, [records]),
      (error) => hasCode(error, 'E_SINK_VALUE') && error.message.includes(path),
      path,
    )
  assert.deepEqual(await readdir(folder), [])
})

test('files: options that do not go together are refused before anything runs', () => {
  const cases: readonly FilesOptions<unknown>[] = [
    { format: 'text', columns: ['a'] },
    { format: 'ndjson', compression: 'snappy' },
    { format: 'csv', columns: { a: 'string' } },
    { format: 'csv', columns: ['a', 'a'] },
    { format: 'parquet', columns: [] },
    { format: 'jsonl' as never },
    { format: 'csv', compression: 'gz' as never },
    {} as never,
    undefined as never,
  ]
  for (const options of cases)
    assert.throws(
      () => files('out', options),
      (error) => hasCode(error, 'E_SINK_FORMAT'),
    )
})

test('files: two outputs that begin in one folder at the same moment: one has it, the other is told', async (t) => {
  const folder = await temporaryFolder(t)
  const ends = await Promise.allSettled(
    ['pages', 'users'].map((sink) => deliver(files<string>(folder, { format: 'text' }), 1, [[sink]], { sink })),
  )
  assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  assert.equal((await listedLines(shelfOf(folder))).length, 1)
})
