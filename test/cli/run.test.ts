import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { project, runProgram, sluice } from './cli.ts'

const wordCount = `
import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'

export default app('word-count', milliseconds(50), (ssc) => {
  const words = ssc.source('lines', batches(['a b', 'b'], [], [], ['c'])).flatMap((line) => line.split(' '))
  words.map((word) => [word, 1]).reduceByKey((a, b) => a + b).print()
})
`

const classic = `
import { StreamingContext, milliseconds } from 'sluice'
import { counter } from './numbers.ts'

console.log('arguments', ...process.argv.slice(2))
const ssc = new StreamingContext({ appName: 'classic', master: 'local[2]' }, milliseconds(50))
ssc.source('counter', counter).foreachRDD((rdd) => { console.log('got', ...rdd.collect()) })
ssc.start()
await ssc.awaitTermination()
console.log('after the end')
`

test('stdout of an app holds the bytes that print() writes, and nothing else', async (t) => {
  const { code, stdout } = await runProgram(t, wordCount, ['--batches', '2'])
  assert.equal(code, 0)
  const rule = '-------------------------------------------'
  assert.equal(
    stdout.replaceAll(/\d{13} ms/g, 'T ms'),
    `${rule}\nTime: T ms\n${rule}\n(a,1)\n(b,2)\n\n${rule}\nTime: T ms\n${rule}\n\n`,
  )
})

test('stderr has a head, one line per batch in fixed columns, and empty batches in one line', async (t) => {
  const { stderr } = await runProgram(t, wordCount, ['--batches', '4'])
  const masked = stderr
    .replaceAll(/\d\d:\d\d:\d\d/g, 'hh:mm:ss')
    .replaceAll(/ +[\d.]+ m?s(?![\w:])/g, ' T')
    .replaceAll(/ {5}! .*/g, '')
    .split('\n')
  assert.match(masked[0], /^ {2}sluice \d+\.\d+\.\d+ {2}word-count +ready in T$/)
  assert.deepEqual(masked.slice(1), [
    '',
    '  Source     lines       Lists',
    '  Outputs    print       printed here  app.ts:7:63',
    '  State      in memory: gone when this process ends; --dir keeps it',
    '  Batches    every T',
    '',
    '  batch   time      records    delay     took      state       outputs',
    '  #1      hh:mm:ss        2 T T                  print 2',
    '  …       hh:mm:ss        0     2 empty batches',
    '  #4      hh:mm:ss        1 T T                  print 1',
    '  done: 4 batches, 3 records. State was in memory.',
    '',
  ])
})

test(
  'a program in the classic form finds its words in process.argv, behind -- also those that look like ' + 'options',
  async (t) => {
    const { code, stdout } = await runProgram(t, classic, [
      'localhost',
      '--batches',
      '2',
      '9999',
      '-5',
      '--',
      '--mine',
      '--dir',
    ])
    assert.equal(code, 0)
    assert.equal(stdout, 'arguments localhost 9999 -5 --mine --dir\ngot 1\ngot 2\nafter the end\n')
  },
)

test(
  'with --json every line of stdout is an object with a type, and what the program prints by itself ' +
    'goes to stderr',
  async (t) => {
    const { stdout, stderr } = await runProgram(t, `${wordCount}\nconsole.log('by itself')`, [
      '--json',
      '--batches',
      '1',
    ])
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      lines.map(({ type }) => type),
      ['ready', 'print', 'batch', 'result'],
    )
    const [ready, print, batch, result] = lines
    assert.deepEqual([ready['app'], ready['intervalMs'], ready['dir'], ready['batch']], ['word-count', 50, null, 1])
    assert.match(String(print['text']), /\(a,1\)\n\(b,2\)\n\n$/)
    assert.match(String(batch['time']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(
      [batch['batch'], batch['records'], batch['stateKeys'], batch['outputs']],
      [1, 2, null, { 'lines/reduceByKey/print': 2 }],
    )
    assert.deepEqual(result, { type: 'result', exitCode: 0, batches: 1, records: 2 })
    assert.equal(stderr, 'by itself\n')
  },
)

test(
  'a second run with the same directory goes on with the next batch, its input and its state; the log ' + 'holds both',
  async (t) => {
    const folder = await project(t, {
      'app.ts': `
      import { app, milliseconds } from 'sluice'
      import { counter } from './numbers.ts'
      export default app('sums', milliseconds(50), (ssc) => {
        const sums = ssc.source('counter', counter).map((n) => ['sum', n])
        const total = sums.updateStateByKey((ns, sum) => ns.reduce((a, b) => a + b, sum ?? 0))
        total.foreachRDD((rdd) => { console.log(...rdd.collect()) })
      })`,
    })
    const first = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '2'])
    const second = await sluice(t, folder, ['run', 'app.ts', '--batches', '2'], { SLUICE_DIR: 'state' })
    assert.deepEqual([first.stdout, second.stdout], ["[ 'sum', 1 ]\n[ 'sum', 3 ]\n", "[ 'sum', 6 ]\n[ 'sum', 10 ]\n"])
    assert.match(first.stderr, /#2 .* 1 key {5}foreachRDD 1/)
    assert.match(first.stderr, /State is in state\/; the same command goes on with #3\./)
    assert.match(second.stderr, /State {6}state\/ +goes on after batch #2/)
    const log = readFileSync(join(folder, 'state/log.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      // How many missed times are caught up depends on how long the second start took.
      .filter(({ type }) => type !== 'progress')
    assert.deepEqual(
      log.map(({ type, batch }) => [type, batch]),
      [
        ['ready', 1],
        ['batch', 1],
        ['batch', 2],
        ['result', undefined],
        ['ready', 3],
        ['batch', 3],
        ['batch', 4],
        ['result', undefined],
      ],
    )
    const fresh = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1', '--fresh'])
    assert.equal(fresh.stdout, "[ 'sum', 1 ]\n")
  },
)

test('tasks in two threads print what one prints', async (t) => {
  const { stdout, code } = await runProgram(t, classic, ['--workers', '2', '--batches', '2'])
  assert.equal(code, 0)
  assert.deepEqual(
    stdout.split('\n').filter((line) => line.startsWith('got')),
    ['got 1', 'got 2'],
  )
})

test('the head names what is read and written: host and port, directory, table; never a password', async (t) => {
  const folder = await project(t, {
    'app.ts': `import { app, milliseconds } from 'sluice'
import { files, sqlite, webhook } from 'sluice/sinks'
export default app('places', milliseconds(50), (ssc) => {
  const said = ssc.socketTextStream('127.0.0.1', 9)
  const lines = ssc.textFileStream('logs').union(said)
  lines.print()
  lines.saveAsTextFiles('out/lines', 'txt')
  lines.output('kept', files('kept', { format: 'ndjson' }))
  const row = (line) => ({ line })
  lines.output('rows', sqlite('rows.db', { table: 'rows', columns: ['line'], row }))
  const url = 'http://me:secret@127.0.0.1/path?token=secret'
  lines.output('hook', webhook(url, { allowAddresses: ['127.0.0.1'] }))
})
`,
  })
  const { stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'])
  const head = stderr.slice(0, stderr.indexOf('  State'))
  for (const place of ['Socket text stream, 127.0.0.1:9', 'File stream, logs', 'printed here ', 'out/lines-<ms>.txt '])
    assert.ok(head.includes(place), `${place} in ${head}`)
  for (const place of ['kept ', 'SQLite file rows.db, table rows', 'http://127.0.0.1 '])
    assert.ok(head.includes(place), `${place} in ${head}`)
  assert.ok(!head.includes('secret'), head)
})

test('in a folder made by npm init -y, where import is an error, what to type is said', async (t) => {
  const folder = await project(t, { 'app.ts': wordCount, 'package.json': '{ "type": "commonjs" }' })
  const { code, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'])
  assert.equal(code, 1)
  assert.match(stderr, /\n {2}next {3}npm pkg set type=module {5}package\.json says commonjs/)
})
