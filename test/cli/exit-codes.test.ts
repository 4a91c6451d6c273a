import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test, type TestContext } from 'node:test'
import { openDirectoryHead } from '../../lib/adapters/local/head-directory.ts'
import { halted } from '../../lib/checkpoint/transition.ts'
import type { Head } from '../../lib/model/head.ts'
import { stagePlaceOf } from '../support/stage-place.ts'
import { Cli, project, sluice } from './cli.ts'

const app = (body: string, options = '{}'): string => `import { app, milliseconds, seconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('it', milliseconds(20), (ssc) => {
  const numbers = ssc.source('numbers', counter)
  ${body}
}, ${options})
`

const classic = (body: string, end = 'await ssc.awaitTermination()'): string => `
import { milliseconds, StreamingContext } from 'sluice'
import { counter } from './numbers.ts'
const ssc = new StreamingContext({ appName: 'it', master: 'local[2]' }, milliseconds(20))
ssc.source('numbers', counter).${body}
ssc.start()
${end}
`

const FILES = {
  'app.ts': app('numbers.map((n) => [n % 2, n]).updateStateByKey((ns, sum) => ns.length + (sum ?? 0)).print()'),
  'slow.ts': app('numbers.print()').replace('milliseconds(20)', 'seconds(1000)'),
  'waits.ts': "console.error('loading')\nawait new Promise((resolve) => setTimeout(resolve, 60_000))",
  'throws.ts': "throw new Error('no')",
  'definition.ts': app("throw new TypeError('no')"),
  'fails.ts': app("numbers.map((n) => { throw new Error('no ' + n) }).print()"),
  'letters.ts': app("numbers.map((n) => { throw new Error('no ' + n) }).print()", "{ onError: 'dead-letter' }"),
  'owes.ts': app(`numbers.output('to', { name: 'Nowhere', guarantee: 'at-least-once', async write() {
    throw new Error('down')
  } })`),
  'source.ts': app(
    "ssc.source('bad', { name: 'Bad', async cut() { throw new Error('down') }, read: () => [] }).print()",
  ),
  'deaf.ts': `import { app, milliseconds, Receiver } from 'sluice'
    class Deaf extends Receiver<string> { onStart() { throw new Error('no such host') } onStop() {} }
    export default app('it', milliseconds(20), (ssc) => { ssc.receiverStream(new Deaf()).print() })`,
  'unstored.ts': `import { app, milliseconds, Receiver } from 'sluice'
    class Numbers extends Receiver<unknown> {
      onStart() { for (let i = 0; i < 5; i++) this.store(() => i) }
      onStop() {}
    }
    export default app('it', milliseconds(200), (ssc) => { ssc.receiverStream(new Numbers()).print() })`,
  'unheard.ts': app("ssc.socketTextStream('127.0.0.1', 9).print()").replace('milliseconds(20)', 'milliseconds(200)'),
  'other.ts': app("numbers.map((n) => [n % 2, n]).updateStateByKey((ns) => 1, { name: 'x' }).print()"),
  'catches.ts': classic("map(() => { throw new Error('no') }).print()", 'await ssc.awaitTermination().catch(() => {})'),
  'code.ts': classic('print()', 'await ssc.awaitTerminationOrTimeout(100)\nawait ssc.stop()\nprocess.exitCode = 7'),
  'task.ts': app('numbers.map((n) => process.exit(7) as number).print()'),
  'exits.ts': classic('foreachRDD(() => { process.exit(8) })'),
  'leaves.ts': classic('foreachRDD(() => { process.exit(0) })'),
  'hangs.ts': classic('foreachRDD(() => new Promise<void>(() => {}))'),
  'differs.ts': `import { app, seconds } from 'sluice'
    let n = 0
    export const simulation = { samples: { numbers: () => 1 } }
    export default app('it', seconds(1), (ssc) => {
      ssc.source('numbers', { name: 'N', cut: async () => null, read: () => [] }).map(() => n++).print()
    })`,
  'place.json': JSON.stringify(stagePlaceOf({})),
  'older.json': JSON.stringify({ ...stagePlaceOf({}), memorySize: { coordinator: 512, task: 512, output: 512 } }),
  'users.csv': 'name,age\n',
}

type Way =
  /** Typed in the folder, behind others. */
  | { readonly kind: 'typed'; readonly line: string; readonly before?: readonly string[]; readonly env?: object }
  /** Several, in one folder, behind others. */
  | {
      readonly kind: 'each'
      readonly line: string
      readonly lines: readonly string[]
      readonly before: readonly string[]
    }
  /** A process that hears signals once it has said something. */
  | { readonly kind: 'told'; readonly line: string; readonly said: string; readonly signals: readonly NodeJS.Signals[] }
  /** While another run goes on with the same directory. */
  | { readonly kind: 'beside'; readonly line: string }
  /** A line for a shell. */
  | { readonly kind: 'shell'; readonly line: string; readonly needs?: string }

const typed = (line: string, ...before: string[]): Way => ({ kind: 'typed', line, before })
/** Commands that look at an app, each with the same words. */
const LOOKING = ['status', 'pause', 'resume', 'state', 'outputs list', 'dead list', 'verify']
const each = (of: string, lines: readonly string[], ...before: string[]): Way => ({
  kind: 'each',
  line: `… ${of}`,
  lines: lines.map((line) => `${line} ${of}`),
  before,
})
const told = (line: string, said: string, ...signals: NodeJS.Signals[]): Way => ({ kind: 'told', line, said, signals })
const NO_WAY = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
}
const RUN = 'run app.ts --dir state --batches 2'
const LETTERS = 'run letters.ts --dir state --batches 1'

/** Command, way to end and code, as `docs/cli.md` lists them, and one or more lines that end so. */
const rows: readonly [command: string, end: string, code: number, ways: readonly Way[]][] = [
  ['every command', 'it did what it was asked for; `--help`, `--version`', 0, [typed('--help'), typed('run --help')]],
  [
    'every command',
    'it cannot be meant: no command, an option, word or number that is none, a file or directory that is not there',
    2,
    [typed(''), typed('fly'), typed('run app.ts --batches x'), typed('run nowhere.ts'), typed('verify users.csv')],
  ],
  ['every command', 'who read its output is gone', 0, [{ kind: 'shell', line: '$SLUICE run app.ts | head -n 1' }]],
  [
    'every command',
    'what it prints cannot be written, as on a full disk',
    1,
    [
      { kind: 'shell', line: '$SLUICE run app.ts > /dev/full', needs: '/dev/full' },
      { kind: 'shell', line: '$SLUICE graph app.ts > /dev/full', needs: '/dev/full' },
    ],
  ],
  ['`run`', '`--batches` are done, or the program has stopped its stream; all outputs are delivered', 0, [typed(RUN)]],
  [
    '`run`',
    '`^C` or SIGTERM, and all outputs are delivered',
    0,
    [told('run app.ts', '#2 ', 'SIGINT'), told('run app.ts', '#2 ', 'SIGTERM')],
  ],
  ['`run`', 'a second `^C`', 130, [told('run slow.ts', 'Batches ', 'SIGINT', 'SIGINT')]],
  [
    '`run`',
    '`^C` or SIGTERM before the program has started a stream',
    130,
    [told('run waits.ts', 'loading', 'SIGINT'), told('run waits.ts', 'loading', 'SIGTERM')],
  ],
  ['`run`', 'records were set aside as dead letters', 0, [typed(LETTERS)]],
  [
    '`run`',
    'the program is loaded and throws, its definition throws, or it starts nothing',
    1,
    [typed('run throws.ts'), typed('run definition.ts'), typed('run numbers.ts')],
  ],
  [
    '`run`',
    'a batch fails, also where the program caught that and ended',
    1,
    [typed('run fails.ts'), typed('run catches.ts')],
  ],
  [
    '`run`',
    'a source still fails at the end, or a receiver has never come to receive, or could store nothing of what came',
    1,
    [
      typed('run source.ts --batches 1'),
      typed('run deaf.ts --batches 2'),
      typed('run unheard.ts --batches 2'),
      typed('run unstored.ts --batches 2'),
    ],
  ],
  ['`run`', 'an output has not delivered everything at the end', 1, [typed('run owes.ts --batches 1')]],
  [
    '`run`',
    'what is stored is damaged, or the program has no place for it',
    1,
    [typed('run other.ts --dir state --batches 1', RUN), typed(RUN, RUN, '!damage')],
  ],
  ['`run`', 'the app was halted', 1, [typed(RUN, RUN, '!halt')]],
  ['`run`', 'another run has the directory', 1, [{ kind: 'beside', line: RUN }]],
  [
    '`run`',
    'the directory cannot be used',
    2,
    [typed('run app.ts --dir users.csv'), typed('run app.ts --dir /proc/x')],
  ],
  ['`run`', 'an environment variable is blank', 2, [{ kind: 'typed', line: 'run app.ts', env: { SLUICE_DIR: ' ' } }]],
  [
    '`run`',
    'the program itself says how it ended: `process.exitCode = 7`, `process.exit(8)`',
    7,
    [typed('run code.ts'), typed('run task.ts'), typed('run task.ts --workers 1')],
  ],
  ['`run`', 'the program calls `process.exit(0)` while its stream runs', 1, [typed('run leaves.ts')]],
  ['`run`', 'it waits for an answer, and nothing is left that could bring one', 1, [typed('run hangs.ts')]],
  [
    '`dev`',
    '`^C` or `q`, whatever the runs before it came to',
    0,
    [told('dev throws.ts', 'waiting', 'SIGINT'), told('dev waits.ts', 'loading', 'SIGINT')],
  ],
  [
    '`simulate`',
    'no run came to something else',
    0,
    [typed('simulate differs.ts --seeds 1 --batches 1 --faults none')],
  ],
  [
    '`simulate`',
    'a run came to something else; the program failed',
    1,
    [typed('simulate differs.ts --seeds 3'), typed('simulate definition.ts')],
  ],
  ['`simulate`', 'the program starts its own context', 2, [typed('simulate exits.ts')]],
  ['`graph`', 'the program throws, or starts nothing', 1, [typed('graph definition.ts'), typed('graph numbers.ts')]],
  [
    '`offline`',
    '`--batches` are done, or `^C`; all outputs are delivered',
    0,
    // In test/offline, as the next one's other ways.
    [],
  ],
  [
    '`offline`',
    'the program throws, a batch fails, or an output has not delivered everything; a package is not installed',
    1,
    [typed('offline definition.ts')],
  ],
  ['`offline`', 'the program starts its own context', 2, [typed('offline exits.ts')]],
  [
    '`status`, `pause`, `resume`, `state`, `outputs`, `dead`, `verify`',
    'the directory holds no app, or there are several and `--app` names none',
    2,
    [each('taken', LOOKING), each('nowhere', LOOKING), each('users.csv', LOOKING)],
  ],
  [
    '`status`, `pause`, `resume`, `state`, `outputs`, `dead`, `verify`',
    'what is stored cannot be read',
    1,
    [each('state', LOOKING, RUN, '!damage')],
  ],
  [
    '`state`, `outputs`, `dead`, `verify`',
    'they have looked, whatever they found: nothing, dead letters, a halt',
    0,
    [
      each('state', ['state', 'outputs list', 'dead list', 'verify'], RUN, '!halt'),
      each('state', ['status', 'outputs list', 'dead list', 'verify'], LETTERS),
      each('state all', ['dead show'], LETTERS),
    ],
  ],
  ['`pause`, `resume`', 'it was so already', 0, [typed('pause state', RUN, 'pause state'), typed('resume state', RUN)]],
  ['`state`', 'the key is not there', 1, [typed('state state updateStateByKey nobody', RUN)]],
  ['`state`', 'the operator is not there', 2, [typed('state state nothing', RUN)]],
  ['`verify`', 'something is wrong', 1, [typed('verify state', RUN, '!damage')]],
  // Which words come with which code: status-verdict.
  ['`status`', 'the app falls behind', 3, []],
  [
    '`status`',
    'the app is paused or halted, or nothing has come for a while',
    4,
    [typed('status state', RUN, 'pause state'), typed('status state', RUN, '!halt')],
  ],
  [
    'with `--stage`',
    'no region, no credentials, no permission, or no way to AWS',
    5,
    ['status', 'verify'].map((line) => ({ kind: 'typed', line: `${line} --table a --bucket b`, env: NO_WAY })),
  ],
  [
    '`outputs`, `dead`',
    'what is named is not there, or nothing is there to do',
    2,
    [
      each('state all', ['outputs retry', 'outputs drop', 'dead retry', 'dead drop', 'dead show'], RUN),
      each('state 9', ['outputs retry', 'dead drop'], RUN),
    ],
  ],
  ['`doctor`', 'something is wrong that loses state or keeps the app from running', 1, []],
  [
    '`plan`, `down`, `doctor`',
    'no stage is named where one must be, or there is no Serverless CLI to ask',
    2,
    [each('', ['down', 'doctor']), each('--stage dev', ['plan', 'down', 'doctor'])],
  ],
  ['`create`', 'something is there already', 1, [typed('create taken')]],
  ['`create`', 'nothing can be made there', 2, [typed('create /proc/x'), typed('create users.csv/x')]],
  ['`plan`', 'it can be deployed', 0, [typed('plan --at place.json')]],
  ['`plan`', 'the stage is not said whole', 2, [typed('plan --at older.json'), typed('plan --at app.ts')]],
  ['`explain`', 'there is no such code', 2, [typed('explain E_NOTHING')]],
]

/** Somebody has written over the newest record of the head. */
function damage(folder: string): void {
  const log = join(folder, 'state/it/head-1.log')
  writeFileSync(log, readFileSync(log, 'latin1').slice(0, 100), 'latin1')
}

/** Somebody has found that the app must not go on. */
async function halt(folder: string): Promise<void> {
  const store = await openDirectoryHead<Head>(join(folder, 'state/it'), { sync: false })
  const { rev, value } = (await store.read())!
  await store.cas(rev, halted(value, 'somebody has looked'), 'halt')
  await store.close()
}

async function done(t: TestContext, folder: string, line: string): Promise<void> {
  if (line === '!damage') damage(folder)
  else if (line === '!halt') await halt(folder)
  else await sluice(t, folder, words(line))
}

const BIN = fileURLToPath(new URL('../../lib/cli/bin.ts', import.meta.url))
const words = (line: string): string[] => line.split(' ').filter((word) => word !== '')

/** Of several lines their one code. */
async function codeOf(t: TestContext, way: Way): Promise<unknown> {
  const folder = await project(t, FILES)
  mkdirSync(join(folder, 'taken'))
  if (way.kind === 'shell') return codeOfShell(folder, way.line)
  if (way.kind === 'typed') {
    for (const line of way.before ?? []) await done(t, folder, line)
    return (await sluice(t, folder, words(way.line), way.env as NodeJS.ProcessEnv)).code
  }
  if (way.kind === 'each') {
    for (const line of way.before) await done(t, folder, line)
    const codes = new Map<number | null, string[]>()
    for (const line of way.lines) {
      const { code } = await sluice(t, folder, words(line))
      codes.set(code, [...(codes.get(code) ?? []), line])
    }
    return codes.size === 1 ? [...codes.keys()][0] : Object.fromEntries(codes)
  }
  if (way.kind === 'beside') {
    const other = new Cli(t, words('run app.ts --dir state'), folder)
    await other.says('#2 ')
    const { code } = await sluice(t, folder, words(way.line))
    other.child.kill('SIGKILL')
    await other.ended
    return code
  }
  const process = new Cli(t, words(way.line), folder)
  await process.says(way.said)
  for (const signal of way.signals) {
    process.child.kill(signal)
    if (way.signals.length > 1 && process.child.exitCode === null) await process.says('finishing batch')
  }
  return (await process.ended).code
}

/** The code of the first command of the line. */
const codeOfShell = (folder: string, line: string): number | null =>
  spawnSync('bash', ['-c', `${line.replace('$SLUICE', `"${process.execPath}" "${BIN}"`)}; exit "\${PIPESTATUS[0]}"`], {
    cwd: folder,
    timeout: 60_000,
  }).status

for (const [command, end, code, ways] of rows)
  for (const way of ways)
    test(`exit code ${code} of ${command}, ${end}: sluice ${way.line}`, async (t) => {
      if (way.kind === 'shell' && way.needs !== undefined && !existsSync(way.needs)) return t.skip('needs /dev/full')
      assert.equal(await codeOf(t, way), code)
    })

test('docs/cli.md lists exactly these ways to end', () => {
  const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const section = page.slice(page.indexOf('\n## Exit codes\n'))
  const listed = section
    .slice(0, section.indexOf('\n## ', 1))
    .split('\n')
    .filter((line) => /^\| [^|]+ \| [^|]+ \| \d+ \|$/.test(line))
  assert.deepEqual(
    listed,
    rows.map(([command, end, code]) => `| ${command} | ${end} | ${code} |`),
  )
})
