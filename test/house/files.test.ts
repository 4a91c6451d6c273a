import assert from 'node:assert/strict'
import { test } from 'node:test'

import { filesAtTop, filesBelow, occurrences, type SourceFile, withoutComments } from './source-files.ts'

const linesMax = 400
const columnsMax = 120
// The last one stands in front of both, so that simulations find who asks for them.
const hostsOfTime = ['lib/adapters/', 'lib/cli/', 'lib/hosts/', 'lib/simulator/ambient.ts']

const library = filesBelow('lib', 'functions').filter((file) => file.path.endsWith('.ts'))
const code = filesBelow('lib', 'functions', 'infra', 'test', 'examples', 'bench').filter((file) =>
  /\.m?[tj]s$/.test(file.path),
)
const everything = [...filesAtTop(), ...code, ...filesBelow('docs', '.ci')]

test('time and randomness come from the host', () => {
  const pattern =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\brandomUUID\b|['"]node:timers/
  const guarded = library.filter(
    (file) => file.path.startsWith('lib/') && !hostsOfTime.some((folder) => file.path.startsWith(folder)),
  )
  assert.deepEqual(
    guarded.flatMap((file) => places(file, withoutComments(file.text), pattern)),
    [],
    'take a Clock and a Random of lib/host: a source has them in io, a sink its clock in the delivery',
  )
})

test('nothing names a path of one machine', () => {
  const pattern = new RegExp(String.raw`(?<![\w.~}-])/(?:${['work', 'root', 'home'].join('|')})/`)
  assert.deepEqual(
    everything.flatMap((file) => places(file, file.text, pattern)),
    [],
    'write it from where the file is, or with a folder that nobody has',
  )
})

test('who makes a temporary folder removes it', () => {
  const leaving = code.filter(({ text }) => /\bmkdtemp(Sync)?\(/.test(text) && !/\brm(Sync)?\(/.test(text))
  assert.deepEqual(
    leaving.map(({ path }) => path),
    [],
    'take temporaryFolder(t) of test/adapters/local',
  )
})

test(`no file of the library has more than ${linesMax} lines of code`, () => {
  const lengths = library.map((file) => ({
    path: file.path,
    lines: withoutComments(file.text)
      .split('\n')
      .filter((line) => line.trim() !== '').length,
  }))
  assert.deepEqual(
    lengths.filter((file) => file.lines > linesMax),
    [],
    'move what can be understood alone into a file of its own; of dstream.ts, streaming-context.ts and rdd.ts ' +
      'whatever is more than a call, into the file of its operator',
  )
})

test(`no line of lib, functions, infra and test has more than ${columnsMax} characters`, () => {
  const lines = code
    .filter((file) => /^(lib|functions|infra|test)\//.test(file.path))
    .flatMap(({ path, text }) =>
      text.split('\n').map((line, i) => ({ where: `${path}:${i + 1}`, length: line.length })),
    )
  assert.deepEqual(
    lines.filter(({ length }) => length > columnsMax),
    [],
    'run npm run format; break what is left by hand: a text with +, a pattern with new RegExp(String.raw`…` + …), ' +
      'a comment at a word, a program in a text at its next statement',
  )
})

test(`no line of prose in a page has more than ${columnsMax} characters`, () => {
  const pages = everything.filter(({ path }) => path.endsWith('.md') && !path.startsWith('docs/api/'))
  const long = pages.flatMap(({ path, text }) =>
    proseOf(text)
      .map((line, i) => ({ where: `${path}:${i + 1}`, line }))
      // A row of a table is one line, and a link cannot be broken.
      .filter(({ line }) => line.length > columnsMax && !/^\s*\|/.test(line) && !/\S{100}/.test(line))
      .map(({ where }) => where),
  )
  assert.deepEqual(long, [], 'break them at a word')
})

/** The lines of a page, those of code blanked. */
function proseOf(page: string): string[] {
  let isCode = false
  return page.split('\n').map((line) => {
    const isFence = /^\s*```/.test(line)
    if (isFence) isCode = !isCode
    return isFence || isCode ? '' : line
  })
}

const ternariesMax = 9
// Where much is decided: one `if` a line is easier to follow than choices within an expression.
for (const room of ['runtime', 'checkpoint', 'hosts']) {
  test(`lib/${room} has at most ${ternariesMax} conditional expressions in a thousand lines`, () => {
    const own = library.filter((file) => file.path.startsWith(`lib/${room}/`))
    const count = own.reduce((sum, { text }) => sum + occurrences(withoutComments(text), /(?:^\s*| )\? /).length, 0)
    const lines = own.reduce((sum, { text }) => sum + text.split('\n').length, 0)
    assert.ok((1000 * count) / lines <= ternariesMax, `${count} in ${lines} lines: return early, or use given(…)`)
  })
}

test('HTTP is loaded where it is first used: an import of it costs every start 70 ms and 17 MB, for undici', () => {
  assert.deepEqual(
    library.flatMap((file) => places(file, file.text, /^import (?!type\b).* from 'node:https?'/m)),
    [],
    "write const { request } = process.getBuiltinModule('node:http') in the function that needs it",
  )
})

test('no file or folder is called utils: a helper is named for what it is', () => {
  assert.deepEqual(
    code.map((file) => file.path).filter((path) => /(^|[/.-])utils?([/.-]|$)/i.test(path)),
    [],
    'name it for what it does, as lib/host/backoff.ts is',
  )
})

test('files and folders are kebab-case', () => {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/
  assert.deepEqual(
    code.map((file) => file.path).filter((path) => !path.split('/').every((part) => kebab.test(part))),
    [],
    'rename them: small-letters-with-dashes.ts',
  )
})

function places(file: SourceFile, text: string, pattern: RegExp): string[] {
  return occurrences(text, pattern).map((found) => `${file.path}:${found.line}: ${found.text}`)
}
