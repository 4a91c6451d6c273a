import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'

import { filesBelow, occurrences, type SourceFile, withoutComments } from './source-files.ts'

// Who may import whom: a module may import itself and what its row names. Type imports count.
// Read downwards: a row names only rows above it. The five in the middle do not know each other.
const model = 'model'
const host = `${model} host`
const middle = `${host} source state shuffle output checkpoint`
const core = `${middle} stream plan runtime`
const adapters = 'local aws'

const matrix: Record<string, string> = {
  model: '',
  host: model,

  source: host,
  state: host,
  shuffle: host,
  output: host,
  checkpoint: host,

  stream: middle,
  plan: `${middle} stream`,
  runtime: `${middle} stream plan`,

  // Adapters implement the contracts of the middle; only the entry points below join them.
  local: middle,
  aws: middle,
  sinks: `${host} output`,

  ui: host,
  app: `${core} ${adapters} ui`,
  index: `${core} ${adapters} ui app`,
  lambda: `${core} ${adapters} ui app`,
  testing: `${core} ${adapters} ui app`,
  cli: `${core} ${adapters} ui app testing`,
  // The functions of this repository run one of its examples.
  examples: 'index aws',
  functions: `${core} ${adapters} ui app lambda examples`,
}

// The packages a module may import besides Node's own. The library has no dependencies, so a row here is an optional
// peer.
const packages: Record<string, readonly string[]> = {
  aws: ['@aws-sdk/client-dynamodb', '@aws-sdk/client-lambda', '@aws-sdk/client-s3'],
  sinks: ['pg', 'mysql2/promise', '@redis/client'],
}

const files = filesBelow('lib', 'functions').filter((file) => file.path.endsWith('.ts'))

test('every module of lib has a row in the matrix', () => {
  const rowless = files.filter((file) => matrix[moduleOf(file.path)] === undefined)
  assert.deepEqual(
    rowless.map((file) => file.path),
    [],
  )
})

test('a row of the matrix names only rows above it, so modules form no circle', () => {
  const above = new Set<string>()
  for (const [name, row] of Object.entries(matrix)) {
    for (const allowed of wordsOf(row))
      assert.ok(above.has(allowed), `row "${name}" names "${allowed}", which is not above it`)
    above.add(name)
  }
})

test('every import goes the way the matrix allows', () => {
  const offending = files.flatMap((file) =>
    importsOf(file)
      .filter((found) => !isAllowed(file.path, found.to))
      .map((found) => found.where),
  )
  assert.deepEqual(offending, [])
})

test('a relative import names a .ts or .json file, as Node reads it', () => {
  const offending = filesBelow('lib', 'functions', 'infra', 'test', 'examples', 'bench')
    .filter((file) => file.path.endsWith('.ts'))
    .flatMap((file) =>
      importsOf(file).filter((found) => found.to.startsWith('.') && !/\.(ts|mts|mjs|json)$/.test(found.to)),
    )
  assert.deepEqual(
    offending.map((found) => found.where),
    [],
  )
})

test('imports are found in all their forms, and not in comments', () => {
  const text = [
    "import a, { type B } from '../one.ts'",
    "import type {\n  C,\n  D,\n} from '../two.ts'",
    "export * from '../three.ts'",
    "import '../four.ts'",
    "type E = import('../five.ts').E",
    "// import f from '../never.ts'",
    'export const g = 1',
    'import * as h from "../six.ts"',
  ].join('\n')
  const found = importsOf({ path: 'lib/model/x.ts', text })
  assert.deepEqual(found.map((one) => one.to).sort(), [
    '../five.ts',
    '../four.ts',
    '../one.ts',
    '../six.ts',
    '../three.ts',
    '../two.ts',
  ])
  assert.ok(found.some((one) => one.where === "lib/model/x.ts:5: } from '../two.ts'"))
})

test('an import against the arrow, of an adapter, or of an unlisted package is refused', () => {
  assert.equal(isAllowed('lib/plan/a.ts', '../stream/b.ts'), true)
  assert.equal(isAllowed('lib/aws/deep/a.ts', '@aws-sdk/client-s3'), true)
  assert.equal(isAllowed('lib/lambda.ts', './app/a.ts'), true)
  assert.equal(isAllowed('functions/task.ts', '../lib/lambda.ts'), true)
  assert.equal(isAllowed('lib/stream/a.ts', '../plan/b.ts'), false)
  assert.equal(isAllowed('lib/state/a.ts', '../shuffle/b.ts'), false)
  assert.equal(isAllowed('lib/runtime/a.ts', '../aws/b.ts'), false)
  assert.equal(isAllowed('lib/local/a.ts', '../../infra/b.ts'), false)
  assert.equal(isAllowed('lib/runtime/a.ts', '@aws-sdk/client-s3'), false)
})

function isAllowed(from: string, to: string): boolean {
  const module = moduleOf(from)
  // Plain values need no more of Node than checksums and type tests.
  if (to.startsWith('node:')) return module !== 'model' || to === 'node:zlib' || to === 'node:util'
  if (!to.startsWith('.')) return (packages[module] ?? []).includes(to)
  const target = moduleOf(posix.join(posix.dirname(from), to))
  return target === module || wordsOf(matrix[module] ?? '').includes(target)
}

function importsOf({ path, text }: SourceFile): { to: string; where: string }[] {
  const names = String.raw`\{[^}]*\}|\*(?:\s+as\s+\w+)?`
  const statement = String.raw`^(?:import|export)\s+(?:type\s+)?(?:(?:\w+\s*,\s*)?(?:${names})|\w+)\s*from\s*['"]([^'"\n]+)['"]`
  const effect = String.raw`^import\s*['"]([^'"\n]+)['"]`
  const expression = String.raw`\bimport\(\s*['"]([^'"\n]+)['"]`
  return occurrences(withoutComments(text), new RegExp(`${statement}|${effect}|${expression}`)).map(
    ({ line, text: shown, match }) => ({
      to: match[1] ?? match[2] ?? match[3],
      where: `${path}:${line}: ${shown}`,
    }),
  )
}

/**
 * `lib/state/store.ts` → `state`, `lib/index.ts` → `index`, `functions/task.ts` → `functions`, anything else its top
 * folder.
 */
function moduleOf(path: string): string {
  const [top, next] = path.split('/')
  return top === 'lib' ? next.replace(/\.ts$/, '') : top
}

function wordsOf(row: string): string[] {
  return row.split(' ').filter((word) => word !== '')
}
