import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { project, runProgram, sluice } from './cli.ts'

const app = (interval: string, body: string): string => `import { app, milliseconds, seconds } from 'sluice'
import { batches, counter } from './numbers.ts'
export default app('it', ${interval}, (ssc) => {
  ${body}
})
`

test('B01: an interval that is no time ends the program before anything starts, with its place', async (t) => {
  for (const interval of ['0', '-5', "'10s' as never", 'seconds(1e12)', 'NaN']) {
    const { code, stderr, stdout } = await runProgram(t, app(interval, "ssc.source('counter', counter).print()"))
    assert.equal(code, 1, interval)
    assert.match(
      stderr,
      new RegExp(
        String.raw`^✕ E_INTERVAL {2}The batch interval is .*; it must be a whole number of milliseconds from 1 ` +
          String.raw`to 2147483647\.\n {2}where {2}app\.ts:3:16\n {2}did {4}nothing was started\n {2}next` +
          String.raw` {3}write seconds`,
      ),
    )
    assert.equal(stdout, '')
  }
})

test('B04: a name with other characters, and one that is given twice, are refused with their place', async (t) => {
  const odd = await runProgram(t, app('seconds(1)', "ssc.source('Ümläut/#1', counter).print()"))
  assert.match(odd.stderr, /^✕ E_NAME {2}"Ümläut\/#1" is not a name: .*\n {2}where {2}app\.ts:4:7\n/)
  const twice = await runProgram(
    t,
    app('seconds(1)', "ssc.source('same', counter).union(ssc.source('same', counter)).print()"),
  )
  assert.match(twice.stderr, /^✕ E_NAME {2}The name "same" is given twice, to counter and to counter\.\n/)
  assert.match(twice.stderr, /\n {2}where {2}app\.ts:4:41 · the other is at app\.ts:4:7\n/)
  assert.deepEqual([odd.code, twice.code], [1, 1])
})

test('B08: a program whose streams lead nowhere is told which', async (t) => {
  const { code, stderr } = await runProgram(t, app('seconds(1)', "ssc.source('numbers', counter).map((n) => n)"))
  assert.equal(code, 1)
  assert.equal(
    stderr,
    '✕ E_NO_OUTPUT  No output operations registered, so nothing to execute.\n  where  app.ts:4:7 · these ' +
      'lead nowhere: numbers, map\n  did    nothing was started\n  next   end a stream with .print() or ' +
      '.output(sink)\n',
  )
})

test(
  'B16: a module that throws is named with file and ' + 'line, and its frames are shown with --verbose only',
  async (t) => {
    const program = "import 'sluice'\nconst settings: any = null\nconsole.log(settings.port)\n"
    const short = await runProgram(t, program)
    assert.equal(
      short.stderr,
      "✕ E_USER_INIT  TypeError: Cannot read properties of null (reading 'port')\n  where  app.ts:3:22\n  " +
        'did    nothing was started\n  next   mend the module, or the module it imports, and run it again\n',
    )
    const long = await runProgram(t, program, ['--verbose'])
    assert.match(long.stderr, /\n {9}at .*app\.ts:3:22/)
    assert.deepEqual([short.code, long.code], [1, 1])
  },
)

test('B16: a module that cannot be parsed, or imports what is not there, is named', async (t) => {
  const parsed = await runProgram(t, 'const a = 1\nconst b = = 2\n')
  assert.match(parsed.stderr, /^✕ E_USER_INIT {2}SyntaxError: .*\n {2}where {2}app\.ts:2\n/)
  const missing = await runProgram(t, "import './nowhere.ts'\n")
  const lacking = await runProgram(t, "import 'no-such-package-here'\n")
  assert.match(
    lacking.stderr,
    /^✕ E_USER_INIT {2}.*\n {2}where {2}app\.ts\n.*\n {2}next {3}npm install no-such-package-here\n/,
  )
  assert.match(missing.stderr, /^✕ E_USER_INIT {2}Error: Cannot find module .*\n {2}where {2}app\.ts\n/)
})

test('B16: a module whose top level waits for nothing ends at once, without a wait of 10 s', async (t) => {
  const { code, stderr } = await runProgram(t, 'await new Promise(() => {})\n')
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^✕ E_USER_INIT {2}The program waits for something that can never happen\.\n {2}where {2}app\.ts\n/,
  )
})

test('a program that starts nothing is told both ways to do it', async (t) => {
  const { code, stderr } = await runProgram(t, "import { seconds } from 'sluice'\nseconds(1)\n")
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^✕ E_NOT_STARTED .*\n {2}where {2}app\.ts\n.*\n {2}next {3}export default app\(.*\n.*ssc\.start\(\)/,
  )
})

test(
  'an error in a function ends the run as it ends a Spark driver, told once, with the line it was ' + 'thrown on',
  async (t) => {
    const program = app(
      'milliseconds(50)',
      "ssc.source('numbers', counter).map((n) => {\n    if (n === 2) throw new RangeError('two')\n    " +
        'return n\n  }).print()',
    )
    const { code, stdout, stderr } = await runProgram(t, program)
    assert.equal(code, 1)
    assert.equal(stdout.split('Time:').length - 1, 1)
    assert.equal(stderr.split('✕').length - 1, 1)
    assert.match(
      stderr,
      /✕ E_USER_CODE {2}RangeError: two\n {2}where {2}app\.ts:5:24 · batch #2 · record 0 of numbers, 2\n/,
    )
    const json = await runProgram(t, program, ['--json'])
    const error = json.stdout
      .split('\n')
      .filter((line) => line.includes('"type":"error"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      error.map(({ code: errorCode, where }) => [errorCode, (where as { place: string }).place]),
      [['E_USER_CODE', 'app.ts:5:24']],
    )
  },
)

test('a definition that differs from call to call is refused with the operator it differs at', async (t) => {
  const program =
    'let calls = ' +
    `0\n${app(
      'seconds(1)',
      "const numbers = ssc.source('numbers', counter)\n" +
        '  if (calls++ === 0) numbers.map((n) => n).print()\n' +
        '  else numbers.filter(() => true).print()',
    )}`
  const { stderr } = await runProgram(t, program)
  assert.match(
    stderr,
    new RegExp(
      String.raw`^✕ E_NOT_DETERMINISTIC {2}Two builds of "it" differ at operator 2: the first has map ` +
        String.raw`\(app\.ts:6:30\), the second filter \(app\.ts:7:16\)\.\n`,
    ),
  )
})

test('B12, B05: a command line that cannot be meant is refused in one sentence, with exit code 2', async (t) => {
  const folder = await project(t, { 'app.ts': '' })
  const refused: [string[], RegExp][] = [
    [
      ['run', 'app.ts', '--batches=-1'],
      /E_USAGE {2}--batches is "-1"; it must be a whole number from 1 to 1000000000\./,
    ],
    [['run', 'app.ts', '--batches', '1e9'], /E_USAGE {2}--batches is "1e9"/],
    [['run', '--batches', '12abc', 'app.ts'], /E_USAGE {2}--batches is "12abc"/],
    [
      ['run', 'app.ts', '--batchs', '3'],
      /E_UNKNOWN_OPTION {2}--batchs is not an option of sluice run\. Did you mean --batches\?/,
    ],
    [['run', 'ap.ts'], /E_USAGE {2}There is no file ap\.ts\./],
    [['run', 'app'], /Did you mean app\.ts\?/],
    [['rnu', 'app.ts'], /E_USAGE {2}"rnu" is not a command\. Did you mean run\?/],
    [['explain', 'E_WINDOV'], /Did you mean E_WINDOW\?/],
    [['verify', 'nowhere'], /E_USAGE {2}There is no directory nowhere\./],
  ]
  for (const [args, expected] of refused) {
    const { code, stdout, stderr } = await sluice(t, folder, args)
    assert.equal(code, 2, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, expected)
    assert.match(stderr, /\n {2}did {4}nothing was run\n {2}next {3}\S/)
  }
})

test(
  'B10: a SLUICE_DIR that is blank, or has a newline behind it, is an error and not a default, and ' +
    'says its name only',
  async (t) => {
    const folder = await project(t, { 'app.ts': '' })
    for (const [value, how] of [
      [' ', 'is set but blank'],
      ['', 'is set but blank'],
      ['hunter2-secret\n', 'begins or ends with white space'],
      [' hunter2-secret', 'begins or ends with white space'],
    ]) {
      const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts'], { SLUICE_DIR: value })
      assert.deepEqual([code, stdout], [2, ''])
      assert.equal(
        stderr,
        `✕ E_ENV  SLUICE_DIR ${how}.\n  where  SLUICE_DIR\n  did    nothing was run\n  next   unset ` +
          `SLUICE_DIR, or give it a directory\n`,
      )
    }
  },
)

test('a definition that throws is an error of the program as a whole, in every command that builds it', async (t) => {
  const folder = await project(t, { 'app.ts': app('seconds(1)', "throw new RangeError('too few')") })
  for (const command of ['run', 'graph', 'simulate']) {
    const { code, stderr } = await sluice(t, folder, [command, 'app.ts'])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^✕ E_USER_INIT {2}RangeError: too few\n {2}where {2}app\.ts:4:9\n {2}did {4}nothing was started\n/,
    )
  }
})

test('what the system refuses is said with the path and what to type, without a raw stack', async (t) => {
  const folder = await project(t, { 'app.ts': app('milliseconds(20)', "ssc.source('counter', counter).print()") })
  mkdirSync(join(folder, 'state/it/head-1.log'), { recursive: true })
  for (const command of ['run app.ts --dir', 'verify', 'dead list', 'outputs list']) {
    const { code, stderr } = await sluice(t, folder, [...command.split(' '), 'state'])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^✕ E_SYSTEM {2}Error: EISDIR: .*'(.*state\/it\/head-1\.log)'\n {2}next {3}ls -ld .*state\/it\/head-1\.log\n$/,
    )
  }
})

test('a run that ends with something undelivered says why, with what the sink said to do', async (t) => {
  const program = app(
    'milliseconds(20)',
    `ssc.source('counter', counter).output('shop', { name: 'Shop', guarantee: 'at-least-once', write: async () => {
    throw new Error('the shop is closed')
  } })`,
  )
  const { code, stderr } = await runProgram(t, program, ['--batches', '1'])
  assert.equal(code, 1)
  assert.match(
    stderr,
    new RegExp(
      String.raw`✕ E_OUTPUT {2}The run ends, and 1 batch is not delivered\. Output "shop" of batch 1 failed: Error: ` +
        String.raw`the shop is closed \(E_OUTPUT\)\n {2}where {2}shop · app\.ts:5:11 · batch #1\n {2}did .*\n` +
        String.raw` {2}next {3}mend the`,
    ),
  )
})

const cut = 'cut: async ({ time }) => ({ position: time, splits: [1], records: null })'
const unanswered: readonly [what: string, source: string, then: string, named: string][] = [
  ['a cut', 'cut: () => new Promise<never>(() => {}), read: () => []', 'print()', 'cut() of the source "it"'],
  [
    'a read',
    `${cut}, read: async function* () { await new Promise(() => {}); yield [1] }`,
    'print()',
    'read() of the source "it"',
  ],
  [
    'an output',
    `${cut}, read: () => [[1]]`,
    'foreachRDD(() => new Promise<void>(() => {}))',
    'the output "it/foreachRDD"',
  ],
]

for (const [what, source, then, named] of unanswered)
  test(`${what} that never answers ends the run with what it waited for`, async (t) => {
    const program = app('milliseconds(50)', `ssc.source('it', { name: 'It', ${source} }).${then}`)
    const { code, stderr } = await runProgram(t, program)
    assert.equal(code, 1, stderr)
    assert.ok(stderr.includes(`✕ E_UNANSWERED  The run waits for ${named}, and nothing is left`), stderr)
    assert.doesNotMatch(stderr, /top-level await/)
  })

test('process.exit(0) in a function of a running stream is said with its line, and ends with 1', async (t) => {
  const leaves = "ssc.source('counter', counter).map((n) => process.exit(0) as number).print()"
  const { code, stderr } = await runProgram(t, app('milliseconds(50)', leaves))
  assert.equal(code, 1, stderr)
  assert.match(stderr, /✕ E_EXIT {2}The program called process\.exit\(0\) while its streams were running\.\n/)
  assert.match(stderr, /\n {2}where {2}app\.ts:4:/)
})

for (const [what, call] of [
  ['', 'process.exit(0)'],
  [', and caught,', '{ try { process.exit(0) } catch { return n } }'],
])
  test(`process.exit(0) in a task thread${what} is said with its line, and ends with 1`, async (t) => {
    const leaves = `ssc.source('counter', counter).map((n): number => ${call}).print()`
    const { code, stderr } = await runProgram(t, app('milliseconds(50)', leaves), ['--workers', '1'])
    assert.equal(code, 1, stderr)
    assert.match(stderr, /✕ E_EXIT {2}The program called process\.exit\(0\) while its streams were running\.\n/)
    assert.match(stderr, /\n {2}where {2}(counter · )?app\.ts:4:/)
  })
