import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { jsonLines } from '../../lib/adapters/local/json-lines.ts'
import { secretsIn } from '../../lib/adapters/local/known-secrets.ts'
import { errorLines } from '../../lib/cli/error-lines.ts'
import { JsonReporter } from '../../lib/cli/json-reporter.ts'
import { TextReporter } from '../../lib/cli/text-reporter.ts'
import { SluiceError } from '../../lib/model/errors.ts'
import { visible, visibleLine } from '../../lib/model/visible.ts'
import { assertSilent, SECRET } from '../support/secret.ts'
import { project, sluice } from './cli.ts'

const paint = { bad: (text: string) => text, warn: (text: string) => text, dim: (text: string) => text }

/** Clears the screen, sets the title, turns text around, hides it, and ends the line to write one of its own. */
const HOSTILE = '\u001b[2J\u001b]0;title\u0007\u202eabc\u200b\u2028\u009b1A\r\n✕ E_FAKE  all is lost'

test('B54: what acts on a terminal is shown as an escape, and other text is as it was', () => {
  assert.equal(
    visible(HOSTILE),
    '\\x1b[2J\\x1b]0;title\\x07\\u202eabc\\u200b\\u2028\\x9b1A\\x0d\n✕ E_FAKE  all is lost',
  )
  assert.equal(visibleLine('a\nb\tc'), 'a\\nb\tc')
  assert.equal(visible('\ud800 \u{e0041}'), '\\ud800 \\u{e0041}')
  for (const text of ['', 'grüße, 日本 😀 عربى', 'a\tb\nc']) assert.equal(visible(text), text)
})

test('B54: an error cannot write outside of its own lines, whatever it and its place are called', () => {
  const error = new SluiceError('E_NAME', HOSTILE, {
    where: { operator: HOSTILE, place: HOSTILE, partition: HOSTILE, detail: HOSTILE },
    did: HOSTILE,
    next: [HOSTILE],
  })
  const text = errorLines(error, { paint, verbose: true })
  assert.equal(text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}]/gu, ''), text.replaceAll(/[\n\t]/g, ''))
  for (const line of text.trimEnd().split('\n')) assert.match(line, /^✕ E_NAME|^ {2}/)
})

test('B54: warnings, sources, outputs and places of a run cannot act on the terminal', () => {
  let shown = ''
  const reporter = new TextReporter(
    { isTTY: false, write: () => {} },
    {
      isTTY: false,
      write: (text: string) => {
        shown += text
      },
    },
    { version: '0', verbose: false },
  )
  reporter.event({
    type: 'starting',
    app: HOSTILE,
    sources: [{ name: HOSTILE, kind: HOSTILE, place: HOSTILE, address: HOSTILE }],
    outputs: [{ name: HOSTILE, kind: HOSTILE, place: HOSTILE, address: HOSTILE }],
    dir: null,
    continues: false,
    intervalMs: 1000,
  })
  reporter.event({ type: 'ready', committed: 0, tick: 0, zeroTime: 0 })
  reporter.event({ type: 'receiver-restart', level: 'warn', stream: 0, delayMs: 1, message: HOSTILE })
  reporter.event({
    type: 'batch',
    batch: 1,
    time: 0,
    records: 1,
    schedulingDelayMs: 1,
    processingTimeMs: 1,
    stateKeys: null,
    keysByOperator: {},
    outputs: { [HOSTILE]: 1 },
    failedOutputs: [HOSTILE],
    deadLetters: 0,
  })
  assert.equal(shown.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}]/gu, ''), shown.replaceAll('\n', ''))
  assert.deepEqual(
    shown.split('\n').filter((line) => line.startsWith('✕')),
    [],
  )
})

test('B54: print writes the bytes that Spark would, whatever they do', async (t) => {
  const folder = await project(t, {
    'app.ts':
      `import { app, milliseconds } from 'sluice'\nimport { batches } from './numbers.ts'\nexport default ` +
      `app('p', milliseconds(20), (ssc) => { ssc.source('words', ` +
      `batches(['\\u001b[1mbold\\u202e'])).print() })\n`,
  })
  const { stdout } = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'])
  assert.ok(stdout.includes('\n\u001b[1mbold\u202e\n'), JSON.stringify(stdout))
})

/** The lines that a reporter writes, parsed. */
function lines(act: (reporter: JsonReporter) => void): Record<string, unknown>[] {
  let text = ''
  act(
    new JsonReporter((line) => {
      text += line
    }, '0'),
  )
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('B56: a fact is one line of JSON, whatever is in it', () => {
  const written = lines((reporter) => {
    reporter.error(new SluiceError('E_NAME', HOSTILE, { where: { operator: HOSTILE } }))
    reporter.event({
      type: 'receiver-restart',
      level: 'warn',
      stream: 0,
      delayMs: 1,
      message: HOSTILE,
      error: '{"type":"result","exitCode":0}\n',
    })
  })
  assert.deepEqual(
    written.map(({ type }) => type),
    ['error', 'progress'],
  )
  assert.equal(written[0]['message'], HOSTILE)
})

test('B56: a field of a megabyte is cut, and says how long it was; what print wrote is not', () => {
  const long = 'x'.repeat(1_000_000)
  const [error, warning, print] = lines((reporter) => {
    reporter.error(new SluiceError('E_NAME', long, { next: [long] }))
    reporter.event({ type: 'receiver-restart', level: 'warn', stream: 0, delayMs: 1, message: long })
    reporter.print(long)
  })
  assert.match(error['message'] as string, /^x{4000,4096}… \(1000000 characters\)$/)
  for (const text of [(error['next'] as string[])[0], warning['message']])
    assert.equal(text, `${'x'.repeat(8192)}… (1000000 characters)`)
  assert.equal(print['text'], long)
  assert.ok(errorLines(new SluiceError('E_NAME', long), { paint, verbose: false }).length < 5000)
})

test('B56: values of variables with a telling name, and passwords in addresses, are known secrets', () => {
  const environment = {
    DB_PASSWORD: 'swordfish',
    GITHUB_TOKEN: ' token-12345\n',
    PATH: '/bin',
    SHORT_SECRET: 'abc',
    DATABASE_URL: 'postgres://me:s%40fer-word@host/db',
    HOME_URL: 'https://host/path',
    EMPTY_SECRET: '',
  }
  assert.deepEqual(
    secretsIn(environment).toSorted(),
    ['s%40fer-word', 's@fer-word', 'swordfish', 'token-12345'].toSorted(),
  )
})

test("B56: known secrets are in no line of a function's log, neither as words nor in a stack", () => {
  let text = ''
  const log = jsonLines(
    (line) => {
      text += line
    },
    { API_KEY: SECRET },
  )
  log.event({ type: 'error', error: new Error(`wrong key ${SECRET}`) })
  log.event({
    type: 'error',
    error: new SluiceError('E_SINK_REJECTED', `wrong key ${SECRET}`, { where: { detail: SECRET } }),
  })
  log.event({
    type: 'program-changed',
    message: `with ${SECRET}`,
    verdict: '',
    findings: [{ uid: SECRET, verdict: '', what: '', old: '', new: '' }],
  })
  assertSilent(text)
  assert.equal(text.split('<redacted>').length > 5, true)
})

test(
  'B56: a secret of the environment, and the record that a parser could not parse, are in no output of ' +
    'a run and in no log file',
  async (t) => {
    const folder = await project(t, {
      'app.ts': `import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'
export default app('p', milliseconds(20), (ssc) => {
  ssc.source('words', batches(['a'], ['record-of-a-user'])).foreachRDD((rdd) => {
    if (rdd.collect().some((word) => word !== 'a')) throw new Error('refused with ' + process.env.SERVICE_TOKEN)
  })
  ssc.source('json', batches(['1'], ['1'], ['record-of-a-user'])).map((line) => JSON.parse(line) as number).print()
})
`,
    })
    for (const flags of [['--verbose'], ['--json']]) {
      const { stdout, stderr, code } = await sluice(
        t,
        folder,
        ['run', 'app.ts', '--dir', `state${flags[0]}`, ...flags],
        {
          SERVICE_TOKEN: SECRET,
        },
      )
      const log = readFileSync(join(folder, `state${flags[0]}`, 'log.ndjson'), 'utf8')
      assert.equal(code, 1)
      for (const text of [stdout, stderr, log]) {
        assertSilent(text)
        assert.ok(!text.includes('record-of-a-user'), text)
      }
      assert.match(stdout + stderr, /refused with <redacted>/)
      assert.match(log, /refused with <redacted>/)
    }
  },
)

test('B56: a record that JSON.parse quotes in a map is not in the error of its batch', async (t) => {
  const folder = await project(t, {
    'app.ts': `import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'
export default app('p', milliseconds(20), (ssc) => {
  ssc.source('json', batches(['1'], ['${SECRET}'])).map((line) => JSON.parse(line) as number).print()
})
`,
  })
  const { stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--verbose'])
  assertSilent(stdout + stderr + readFileSync(join(folder, 'state/log.ndjson'), 'utf8'))
  assert.match(
    stderr,
    new RegExp(
      String.raw`✕ E_USER_CODE {2}SyntaxError: The text is not valid JSON` +
        String.raw`\n {2}where {2}app\.ts:4:\d+ · batch #2 · record 0 of json, 1\n`,
    ),
  )
})
