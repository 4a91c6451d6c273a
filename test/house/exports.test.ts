import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'
import { type Export, exportsOf, type Use, usesOf } from './exports.ts'
import { filesAtTop, filesBelow } from './source-files.ts'

const { exports: all } = JSON.parse(filesAtTop().find((file) => file.path === 'package.json')!.text)
/** `sluice/testing` is `lib/testing/index.ts`, and what it passes on is public. */
const doors: Record<string, string> = Object.fromEntries(
  Object.entries<any>(all).map(([door, files]) => [
    posix.join('sluice', door),
    posix.normalize(files['sluice-source'] ?? door),
  ]),
)

/** What Node, a test runner, a deployment or the compiler alone looks at. */
const entry = /^(functions|examples|test\/types)\/|\.(test|check)\.ts$/

const files = filesBelow('lib', 'functions', 'infra', 'test', 'examples', 'bench').filter((file) =>
  /\.m?ts$/.test(file.path),
)
const exported = files
  .filter((file) => !entry.test(file.path) && !Object.values(doors).includes(file.path))
  .flatMap(exportsOf)
const uses = files.flatMap((file) => usesOf(file, doors))
const isTest = (path: string): boolean => path.startsWith('test/') || path.startsWith('bench/')

test('no file exports what nobody takes from it', () => {
  const used = usersOf(uses)
  assert.deepEqual(exported.filter((one) => !used(one)).map(shown), [], 'leave the word export out, or the whole of it')
})

test('what only tests take from a file of lib is marked with @testing, and there is little of it', () => {
  const used = usersOf(uses.filter((use) => !isTest(use.by)))
  const onlyTested = exported.filter((one) => one.file.startsWith('lib/') && !one.isType && !used(one))
  assert.deepEqual(
    onlyTested.filter((one) => !one.forTests).map(shown),
    [],
    'test through what the library itself uses, or write @testing and why into the docstring',
  )
  const marked = exported.filter((one) => one.forTests && used(one))
  assert.deepEqual(marked.map(shown), [], 'the library uses it: leave @testing out')
})

test('uses are found in all their forms', () => {
  const text = [
    "import first, { type A, b as c } from './one.ts'",
    "import * as everything from './two.ts'",
    "export { d as e } from './three.ts'",
    "const { f, g: h } = await import('./four.ts')",
    "type I = import('./five.ts').J",
    "const k = await import('./six.ts')",
    "// import { never } from './seven.ts'",
  ].join('\n')
  assert.deepEqual(
    usesOf({ path: 'lib/x.ts', text })
      .map((use) => `${use.file} ${use.name}`)
      .sort(),
    [
      'lib/five.ts J',
      'lib/four.ts f',
      'lib/four.ts g',
      'lib/one.ts A',
      'lib/one.ts b',
      'lib/one.ts default',
      'lib/six.ts *',
      'lib/three.ts d',
      'lib/two.ts *',
    ],
  )
})

function usersOf(taken: readonly Use[]): (one: Export) => boolean {
  const names = new Set(taken.filter((use) => use.by !== use.file).map((use) => `${use.file} ${use.name}`))
  return ({ file, name }) => names.has(`${file} ${name}`) || names.has(`${file} *`)
}

const shown = ({ file, name }: Export): string => `${file}: ${name}`
