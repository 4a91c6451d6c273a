import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { packedArchive, plainEnvironment } from '../support/packed-archive.ts'

// Not part of `npm test`: it builds and packs. CI runs it as `npm run test:package`.
const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'sluice-package-'))
// In this repository the package by its own name is its source; who installs it has no sources.
delete process.env['NODE_OPTIONS']
const inFolder = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
const tsc = resolve(root, 'node_modules/.bin/tsc')

before(() => {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  inFolder('npm', 'install', '--silent', '--no-audit', '--no-fund', packedArchive(folder))
})

after(() => rmSync(folder, { recursive: true }))

test('the package brings nothing with it: one folder in node_modules', () => {
  assert.deepEqual(
    readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['sluice'],
  )
})

test('esbuild is that of the project: a copy inside the package would find none of its own files', () => {
  const dist = join(folder, 'node_modules/sluice/dist')
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))
  assert.ok(files.length > 0)
  assert.deepEqual(
    files.filter((name) => /^\/\/ .*node_modules\/esbuild\//m.test(readFileSync(join(dist, name), 'utf8'))),
    [],
  )
})

test('a strict program compiles against its types, and runs', () => {
  writeFileSync(
    join(folder, 'word-count.ts'),
    `import { milliseconds, StreamingContext } from 'sluice'

const ssc = new StreamingContext({ appName: 'word-count', master: 'local[2]' }, milliseconds(100))
const words = ssc.queueStream([['a b a']]).flatMap((line) => line.split(' '))
const counts = words.map((word) => [word, 1]).reduceByKey((a, b) => a + b)
const longest: string[] = []
counts.foreachRDD((rdd) => { longest.push(...rdd.keys().collect().map((word) => word.toUpperCase())) })
counts.print()
ssc.start()
await ssc.awaitTerminationOrTimeout(500)
await ssc.stop()
console.log(longest.sort().join())
`,
  )
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: 'nodenext',
        target: 'es2024',
        types: [],
        skipLibCheck: false,
      },
      include: ['*.ts'],
    }),
  )
  inFolder(tsc, '-p', '.')
  const out = inFolder(process.execPath, 'word-count.ts')
  assert.match(out, /\(a,2\)\n/)
  assert.match(out, /\nA,B\n$/)
})

/** Blocks with an import, under the names that others import them by; a block may stand for a part of a page only. */
function programsOf(page: string): [name: string, text: string][] {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([^]*?)^```$/gm)
  return Array.from(blocks, ([, text]) => text)
    .filter((text) => /^import /m.test(text))
    .map((text, i) => [/^\/\/ ([\w.-]+\.ts)\n/.exec(text)?.[1] ?? `program-${i}.ts`, text])
}

test('programs of the pages compile as `tsc --init` has it, with the types of Node', () => {
  const strict = join(folder, 'strict')
  mkdirSync(join(strict, 'node_modules/@types'), { recursive: true })
  symlinkSync(join(root, 'node_modules/@types/node'), join(strict, 'node_modules/@types/node'))
  writeFileSync(join(strict, 'package.json'), JSON.stringify({ type: 'module' }))
  execFileSync(tsc, ['--init'], { cwd: strict, stdio: 'ignore' })
  const made = readFileSync(join(strict, 'tsconfig.json'), 'utf8')
  assert.match(made, /"noUncheckedIndexedAccess": true/)
  writeFileSync(join(strict, 'tsconfig.json'), made.replace('"types": []', '"types": ["node"]'))
  const pages = [
    'README.md',
    ...['from-zero', 'write-a-sink', 'write-a-source', 'sinks', 'cli'].map((name) => `docs/${name}.md`),
    ...['docs/sources', 'docs/sinks'].flatMap((below) =>
      readdirSync(join(root, below)).map((name) => `${below}/${name}`),
    ),
  ]
  for (const page of pages) {
    mkdirSync(join(strict, page), { recursive: true })
    for (const [name, text] of programsOf(page)) writeFileSync(join(strict, page, name), text)
  }
  for (const name of ['zod', 'pg']) {
    const target = join(root, 'node_modules', name)
    if (existsSync(target)) symlinkSync(target, join(strict, 'node_modules', name))
  }
  const { status, stdout } = spawnSync(tsc, ['--noEmit', '--allowImportingTsExtensions', '-p', '.'], {
    cwd: strict,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
})

const bin = 'node_modules/sluice/dist/lib/cli/bin.js'

interface Said {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command line of the installed package, in a folder that holds nothing else. */
function sluice(...args: string[]): Said {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 300_000,
    env: { ...process.env, NO_COLOR: '1' },
  })
  return { code: status, out: stdout, err: stderr }
}

const numbers = `import { app, milliseconds, type Source } from 'sluice'
const numbers: Source<number> = {
  name: 'Numbers',
  async cut({ position }) {
    const next = Number(position ?? 0)
    return { position: next + 1, splits: [next], records: 2 }
  },
  read: (at) => [[Number(at), -1]],
}
export const simulation = { samples: { numbers: () => 1 } }
export default app('tiny', milliseconds(100), (ssc) => {
  ssc.source('numbers', numbers)
    .map((n) => { if (n < 0) throw new Error('below zero'); return [n % 2, n] as [number, number] })
    .updateStateByKey<number>((added: readonly number[], before?: number) => added.reduce((a, b) => a + b, before ?? 0))
    .print()
}, { onError: 'dead-letter' })
`

/** One line per command: what is typed, how it ends, what it says on stdout or stderr. */
const typed: Readonly<Record<string, { readonly args: string; readonly code?: number; readonly says: RegExp }>> = {
  run: { args: 'run app.ts --dir state --batches 2', says: /done: 2 batches/ },
  'run with workers': { args: 'run app.ts --dir state --batches 1 --workers 2', says: /done: 1 batch/ },
  'dead list': { args: 'dead list state', says: /1-1 .*below zero/ },
  'dead show': { args: 'dead show state 1-1', says: /record {2}-1/ },
  'dead retry': { args: 'dead retry state 1-1', says: /will be read again/ },
  'dead drop': { args: 'dead drop state 2-1', says: /will be gone/ },
  outputs: { args: 'outputs list state', says: /every batch is delivered/ },
  graph: { args: 'graph app.ts --mermaid', says: /flowchart TD[^]*updateStateByKey/ },
  state: { args: 'state state', says: /updateStateByKey +2 / },
  verify: { args: 'verify state', says: /✓ tiny/ },
  status: { args: 'status state', says: /tiny .*does not run/ },
  pause: { args: 'pause state', says: /tiny begins no batch/ },
  'status, paused': { args: 'status state', code: 4, says: /paused since/ },
  resume: { args: 'resume state', says: /tiny goes on with/ },
  explain: { args: 'explain E_NO_OUTPUT', says: /E_NO_OUTPUT/ },
  create: { args: 'create clicks', says: /created[^]*next {3}cd clicks && npm install && npm start/ },
  // More than a hundred seeds are shared out among processes.
  simulate: { args: 'simulate app.ts --seeds 101', says: /✓ every run came to/ },
}

for (const [what, { args, code = 0, says }] of Object.entries(typed))
  test(`installed: ${what}`, () => {
    writeFileSync(join(folder, 'app.ts'), numbers)
    const said = sluice(...args.split(' '))
    assert.match(said.out + said.err, says)
    assert.equal(said.code, code)
  })

const plain = plainEnvironment()

for (const template of ['clicks', 'log-alerts', 'sessions', 's3', 'kinesis', 'kafka'])
  test(`installed: a new project of the template ${template} needs no registry, tests and type-checks`, () => {
    const made = sluice('create', `made-${template}`, '--template', template)
    assert.equal(made.code, 0, made.err)
    const inProject = (command: string, ...args: string[]): string =>
      execFileSync(command, args, { cwd: join(folder, `made-${template}`), env: plain, encoding: 'utf8' })
    inProject('npm', 'install', '--offline', '--silent', '--no-audit', '--no-fund')
    // Throws where it ends with another code than 0.
    inProject('npm', 'test')
    assert.match(
      inProject('env', 'SLUICE_SOURCES=demo', 'npx', 'sluice', 'run', 'src/app.ts', '--batches', '1'),
      /Time: /,
    )
    // What the project's README has one install.
    const types = join(folder, `made-${template}/node_modules/@types`)
    mkdirSync(types)
    symlinkSync(join(root, 'node_modules/@types/node'), join(types, 'node'))
    inProject(tsc, '--noEmit', '-p', '.')
  })

test('installed: the source and the sink of the pages pass the suites of sluice/testing/contracts', () => {
  const own = join(folder, 'contracts')
  mkdirSync(own)
  const programs = ['docs/write-a-source.md', 'docs/write-a-sink.md'].flatMap(programsOf)
  for (const [name, text] of programs) writeFileSync(join(own, name), text)
  const suites = programs.map(([name]) => name).filter((name) => name.endsWith('.test.ts'))
  const { status, stdout } = spawnSync(process.execPath, ['--test', ...suites], {
    cwd: own,
    env: plain,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
  assert.deepEqual(suites, ['appended-lines.test.ts', 'json-folder.test.ts'])
  assert.match(stdout, /pass [1-9]\d/)
})

const { exports: doors } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object }
for (const door of Object.keys(doors).filter((each) => !each.endsWith('.json')))
  test(`installed: ${join('sluice', door)} opens where no peer is installed`, () => {
    const script = `console.log(Object.keys(await import('${join('sluice', door)}')).length)`
    for (const conditions of [[], ['-C', 'sluice-function']])
      assert.ok(Number(inFolder(process.execPath, ...conditions, '--input-type=module', '-e', script)) > 0)
  })

test('installed: dev runs a program until it is told to end', async () => {
  writeFileSync(join(folder, 'app.ts'), numbers)
  const child = spawn(process.execPath, [bin, 'dev', 'app.ts', '--dir', 'dev'], { cwd: folder })
  let [said, asked] = ['', false]
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      if (!asked && said.includes('#3 ')) asked = child.kill('SIGINT')
    })
  const [code] = (await once(child, 'close')) as [number | null]
  assert.match(said, /#3 /)
  assert.equal(code, 0)
})

test('installed: offline says what it needs, all of it at once', () => {
  writeFileSync(join(folder, 'app.ts'), numbers)
  const said = sluice('offline', 'app.ts')
  assert.match(
    said.err,
    /E_AWS_PACKAGE[^]*next {3}npm install --save-dev esbuild fauxqs dynalite @aws-sdk\/client-dynamodb /,
  )
  assert.equal(said.code, 1)
})

test('installed: offline runs the functions that a deploy would bundle, and leaves nothing', () => {
  mkdirSync(join(folder, 'node_modules/@aws-sdk'), { recursive: true })
  const clients = ['dynamodb', 'lambda', 's3', 'sqs'].map((service) => `@aws-sdk/client-${service}`)
  for (const name of ['esbuild', 'fauxqs', 'dynalite', ...clients])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  writeFileSync(
    join(folder, 'app.ts'),
    numbers.replace("{ onError: 'dead-letter' }", '{}').replace('[[Number(at), -1]]', '[[Number(at), 1]]'),
  )
  const said = sluice('offline', 'app.ts', '--batches', '3')
  assert.match(said.err, /done: 3 batches, 6 records/)
  assert.match(said.out, /Time: [^]*\(1,\d\)/)
  assert.equal(said.code, 0, said.err)
})

test('installed: every command of the overview is tried here', () => {
  const commands = sluice('--help').out.matchAll(/^ {2}(?!sluice )([a-z]+) (?:<|\[)/gm)
  const tried = new Set(['dev', 'offline', ...Object.values(typed).map(({ args }) => args.split(' ')[0])])
  assert.deepEqual(
    [...commands].map(([, command]) => command).filter((command) => !tried.has(command)),
    [],
  )
})
