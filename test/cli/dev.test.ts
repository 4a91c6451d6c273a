import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Cli, project } from './cli.ts'

const program = (word: string): string => `
import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
import { factor } from './factor.ts'

export default app('sums', milliseconds(100), (ssc) => {
  const sums = ssc.source('counter', counter).map((n) => ['sum', n * factor])
  sums.updateStateByKey((ns, sum) => ns.reduce((a, b) => a + b, sum ?? 0))
    .foreachRDD((rdd) => { console.log('${word}', ...rdd.collect()) })
})
`

test(
  'a change of the program, or of a file it imports, runs it again with its state; ^C finishes a batch ' +
    'and ends with 0',
  async (t) => {
    const folder = await project(t, {
      'src/app.ts': program('one'),
      'src/factor.ts': 'export const factor = 1',
      'src/numbers.ts': '',
    })
    writeFileSync(join(folder, 'src/numbers.ts'), "export * from '../numbers.ts'\n")
    const dev = new Cli(t, ['dev'], folder)
    await dev.says('#2 ')
    writeFileSync(join(folder, 'src/app.ts'), program('two'))
    await dev.says('src/app.ts changed; running again')
    await dev.says('batch   time', 2)
    writeFileSync(join(folder, 'src/factor.ts'), 'export const factor = 1000')
    await dev.says('src/factor.ts changed; running again')
    await dev.says('goes on after batch', 2)
    await dev.prints(/'sum', \d{4,}/)
    dev.child.kill('SIGINT')
    const { code, stdout, stderr } = await dev.ended
    assert.equal(code, 0)
    assert.match(stderr, /finishing batch(?:es #\d+ to)? #\d+ …\n[^]*done in .*State is in \.sluice\/;/)

    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => /^(one|two) \[ 'sum', (\d+) \]$/.exec(line)!)
    const steps = lines.map(([, , sum], i) => Number(sum) - Number(lines[i - 1]?.[2] ?? 0))
    assert.deepEqual(
      steps.map((step) => (step >= 1000 ? step / 1000 : step)),
      lines.map((_, i) => i + 1),
      stdout,
    )
    assert.ok(steps[0] === 1 && steps.at(-1)! >= 1000, stdout)
  },
)

test('a program that fails waits for the change that mends it', async (t) => {
  const folder = await project(t, { 'app.ts': 'const a = = 1\n', 'factor.ts': 'export const factor = 1' })
  const dev = new Cli(t, ['dev', 'app.ts', '--dir', 'state'], folder)
  await dev.says('E_USER_INIT')
  await dev.says('waiting for a change')
  writeFileSync(join(folder, 'app.ts'), program('mended'))
  await dev.says('#1 ')
  dev.child.kill('SIGTERM')
  assert.equal((await dev.ended).code, 0)
})

const compiler = fileURLToPath(new URL('../../node_modules/typescript', import.meta.url))

test('type errors of the project stand beside the run, and are said to be gone', async (t) => {
  const wrong =
    "import { app, seconds } from 'sluice'\nimport { counter } from './numbers.ts'\n" +
    "export const n: number = 'one'\n" +
    "export default app('typed', seconds(0.2), (ssc) => { ssc.source('counter', counter).print() })\n"
  const folder = await project(t, {
    'app.ts': wrong,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2024',
        strict: false,
        noEmit: true,
        allowImportingTsExtensions: true,
        skipLibCheck: true,
        types: [],
        paths: { sluice: ['./sluice.d.ts'] },
      },
      files: ['app.ts'],
    }),
    'sluice.d.ts': 'export type Source<T> = any\nexport declare const app: any, seconds: any\n',
  })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(compiler, join(folder, 'node_modules/typescript'))
  const dev = new Cli(t, ['dev', 'app.ts'], folder)
  await dev.says('✕ types  app.ts(3,14): error TS2322: ')
  await dev.says('#2 ')
  writeFileSync(join(folder, 'app.ts'), wrong.replace("'one'", '1'))
  await dev.says('✓ types')
  await dev.says('batch   time', 2)
  dev.child.kill('SIGINT')
  assert.equal((await dev.ended).code, 0)
})

/** A terminal of its own, where the system has a command for that. */
const hasTerminal = spawnSync('script', ['-qfec', 'true', '/dev/null']).status === 0
const bin = fileURLToPath(new URL('../../lib/cli/bin.ts', import.meta.url))

test('single keys pause prints, begin anew and quit, without enter', { skip: !hasTerminal }, async (t) => {
  const folder = await project(t, { 'app.ts': program('now'), 'factor.ts': 'export const factor = 1' })
  writeFileSync(
    join(folder, 'app.ts'),
    "import { app, seconds } from 'sluice'\nimport { counter } from './numbers.ts'\n" +
      "export default app('keys', seconds(0.1), (ssc) => { ssc.source('counter', counter).print() })\n",
  )
  const terminal = spawn('script', ['-qfec', `"${process.execPath}" "${bin}" dev app.ts`, '/dev/null'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
  })
  t.after(() => terminal.kill('SIGKILL'))
  let said = ''
  const heard = async (text: string): Promise<void> => {
    const from = said.length
    while (!said.slice(from).includes(text)) await once(terminal.stdout, 'data')
  }
  terminal.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const press = async (key: string, answer: string): Promise<void> => {
    terminal.stdin.write(key)
    await heard(answer)
  }
  await heard('#2 ')
  await press('h', 'r run again')
  await press('p', 'prints off')
  await heard('#')
  const from = said.length
  await heard('#')
  await heard('#')
  assert.doesNotMatch(said.slice(from), /Time: /)
  await press('p', ' not shown')
  await heard('Time: ')
  await press('f', 'what is stored fits the program')
  // Another kind of source under the same name: its position means something else.
  writeFileSync(
    join(folder, 'app.ts'),
    "import { app, seconds } from 'sluice'\nimport { counter } from './numbers.ts'\n" +
      "export default app('keys', seconds(0.1), (ssc) => { ssc.source('other', counter).print() })\n",
  )
  await heard('f begins anew, without what is stored')
  await press('f', 'beginning anew')
  await heard('#1 ')
  terminal.stdin.write('q')
  const [code] = (await once(terminal, 'close')) as [number | null]
  assert.equal(code, 0, said)
})

/** A source that cannot be reached here, and what stands in its place. */
const withDemo = `
import { app, milliseconds, type Source } from 'sluice'

interface Click { readonly page: string }
const real: Source<Click> = {
  name: 'clicks of somewhere',
  cut: () => Promise.reject(new Error('nobody answers')),
  read: () => [],
}
const demo: Source<Click> = {
  name: 'demo generator',
  cut: async ({ position }) => ({ position: Number(position ?? 0) + 1, splits: [0], records: 1 }),
  read: () => [[{ page: '/demo' }]],
}

export default app('clicks', milliseconds(100), (ssc) => {
  ssc.source('clicks', real, { demo }).map(({ page }) => page).print()
})
`

test('under `sluice dev` a source gives way to its demo, also in task threads, or to lines of a file', async (t) => {
  const folder = await project(t, { 'src/app.ts': withDemo, 'clicks.ndjson': '{"page":"/file"}\n' })
  const shows = async (line: RegExp, ...flags: readonly string[]): Promise<void> => {
    const dev = new Cli(t, ['dev', '--fresh', ...flags], folder)
    await dev.prints(line)
    dev.child.kill('SIGINT')
    const { code, stderr } = await dev.ended
    assert.equal(code, 0, stderr)
  }
  await shows(/^\/demo$/m)
  await shows(/^\/demo$/m, '--workers', '2')
  await shows(/^\/file$/m, '--source', 'clicks=clicks.ndjson')
  const run = spawnSync(process.execPath, [bin, 'run', 'src/app.ts', '--batches', '1'], {
    cwd: folder,
    encoding: 'utf8',
  })
  assert.match(run.stderr, /nobody answers/, 'everywhere else it is the source itself')
})

const withSink = withDemo
  .replace("from 'sluice'", "from 'sluice'\nimport { files } from 'sluice/sinks'")
  .replace('.print()', ".output('pages', files('out', { format: 'text' }))")

test('under `sluice dev` what comes of a demo is printed in place of a sink, or sent if so wanted', async (t) => {
  const folder = await project(t, { 'src/app.ts': withSink })
  const runs = async (flags: readonly string[], line: RegExp): Promise<string> => {
    const dev = new Cli(t, ['dev', '--fresh', ...flags], folder)
    await (line.source.startsWith('#') ? dev.says(line.source) : dev.prints(line))
    dev.child.kill('SIGINT')
    const { code, stdout, stderr } = await dev.ended
    assert.equal(code, 0, stderr)
    return stdout + stderr
  }
  const said = await runs([], /^\/demo$/m)
  assert.match(said, /Time: \d+ ms, not sent to .*out/)
  assert.match(said, /pages +printed here, not sent to .*out/)
  assert.equal(existsSync(join(folder, 'out')), false)
  await runs(['--workers', '2'], /^\/demo$/m)
  assert.doesNotMatch(await runs(['--outputs', 'real'], /#2 /), /not sent/)
  assert.equal(existsSync(join(folder, 'out')), true)
})

test('a choice for a source that is not there, or has no demo, is refused', async (t) => {
  const folder = await project(t, { 'src/app.ts': withDemo.replace(', { demo }', '') })
  const refused = async (choice: string, said: string): Promise<void> => {
    const dev = new Cli(t, ['dev', '--source', choice], folder)
    await dev.says(said)
    dev.child.kill('SIGINT')
    await dev.ended
  }
  await refused('klicks=real', 'The program has no source "klicks".')
  await refused('clicks=demo', 'The source "clicks" has no demo.')
  const { code, stderr } = await new Cli(t, ['dev', '--source', 'clicks'], folder).ended
  assert.equal(code, 2)
  assert.match(stderr, /--source clicks does not say what is read for which source/)
})
