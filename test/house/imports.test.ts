import assert from 'node:assert/strict'
import { posix } from 'node:path'
import { test } from 'node:test'

import { filesAtTop, filesBelow, occurrences, type SourceFile, withoutComments } from './source-files.ts'

// Who may import whom: a room may import itself and what its row names. Type imports count.
// A room is a folder of `lib`, or of its second level where a row stands for that. Read downwards: a row names only
// rows above it, so no two rooms know each other.
const values = 'model host codec keys'
const mechanisms = 'source shuffle state output checkpoint'
const engine = `${values} ${mechanisms} lineage graph`
// What works on batches without the program, and what works with it.
const coordinating = 'source/rate observe runtime runtime/batch runtime/coordinator'
const running = `source/receiver plan ${coordinating} runtime/task runtime/planning runtime/output`
const apis = 'api/rdd api/dstream'

const matrix: Record<string, string> = {
  model: '',
  host: 'model',
  codec: 'model',
  keys: 'model',

  // The five mechanisms do not know each other; they meet in `lineage`, `graph` and `runtime`.
  source: values,
  'source/rate': 'model source',
  'source/receiver': `${values} source`,
  shuffle: values,
  state: values,
  output: values,
  checkpoint: values,

  lineage: `${values} ${mechanisms}`,
  graph: `${values} ${mechanisms} lineage`,
  plan: engine,
  observe: 'model host source output',
  verify: `${values} state checkpoint`,

  // The coordinator's side: it never loads a program, so it knows no lineage, graph, plan or API.
  runtime: `${values} ${mechanisms}`,
  'runtime/batch': `${values} ${mechanisms} observe runtime`,
  'runtime/coordinator': `${values} ${mechanisms} source/rate observe runtime runtime/batch`,

  // The program's side. Nothing below knows which API built the graph.
  'runtime/task': `${engine} plan runtime`,
  'runtime/planning': `${engine} plan runtime runtime/task`,
  'runtime/output': `${engine} plan runtime runtime/task`,

  'api/rdd': 'model host codec keys shuffle lineage',
  'api/dstream': `${values} source source/receiver shuffle state output lineage graph observe api/rdd`,

  // Adapters implement contracts and do not know each other; only the hosts join them to the rest.
  'adapters/local': 'model host codec source source/receiver output',
  'adapters/files': 'model host codec source output',
  // Spark's builder of a Kinesis stream ends in a stream.
  'adapters/aws': 'model host codec source output checkpoint api/rdd api/dstream',
  // Files are put on this machine or into S3, as their place says.
  'adapters/webhdfs': 'model output',
  'adapters/file-sink': 'model codec output adapters/aws adapters/webhdfs',
  'adapters/kafka': 'model host codec source output',
  'adapters/sql': 'model host codec output',
  'adapters/redis': 'model host codec output',
  'adapters/webhook': 'model host codec output',
  adapters: 'model output adapters/file-sink adapters/sql adapters/redis adapters/webhook',

  // Streams of a system with an API of its own in Spark.
  'api/kafka': 'model source lineage api/rdd api/dstream adapters/kafka',

  'hosts/program': `${engine} ${running} ${apis}`,
  'hosts/embedded': `${engine} ${running} ${apis} verify adapters/local adapters/files adapters/aws hosts/program`,
  // The coordinator function, which has no program, and the functions that have one.
  'hosts/lambda': `${values} ${mechanisms} ${coordinating} adapters/local adapters/aws`,
  'hosts/functions': `${engine} ${running} ${apis} adapters/local adapters/aws hosts/program hosts/lambda`,
  // The names of the package's main door; it stands with an engine (`index`) and, in functions, without (`function`).
  names: `${engine} source/receiver observe api/rdd api/dstream hosts/program`,
  index: 'names hosts/embedded',
  function: 'names',
  // The plugin knows names and resources, and nothing of the engine that it packages.
  'hosts/serverless': 'model checkpoint adapters/aws adapters/local',
  // A stage on this machine: what the plugin bundles, run by what stands in for AWS.
  'hosts/offline': 'model runtime adapters/aws hosts/serverless',

  // Whoever plans is asked and answers in the words of `runtime/planner.ts`.
  'testing/contracts': 'model host source output runtime adapters/local',
  // Tables, topics, items, messages and files are written by the rules of the library's own sinks.
  simulator:
    `${engine} ${running} ${apis} verify adapters/local adapters/sql adapters/kafka adapters/aws ` +
    'adapters/file-sink hosts/program hosts/embedded',
  testing: `${engine} ${running} ${apis} adapters/local hosts/program hosts/embedded simulator testing/contracts`,
  cli:
    `${values} source state output checkpoint graph plan observe verify api/dstream adapters/local ` +
    // Of a stage on AWS, `plan` compares what is stored there.
    `lineage api/rdd runtime adapters/aws hosts/lambda hosts/serverless hosts/offline hosts/program hosts/embedded ` +
    `simulator`,
  // The functions of this repository run one of its examples.
  examples: 'index api/kafka adapters/aws',
  functions: 'hosts/functions hosts/lambda examples',
}

// The packages a module may import besides Node's own. The library has no dependencies, so a row here is an optional
// peer.
const packages: Record<string, readonly string[]> = {
  // The last one comes with each client of the SDK.
  'adapters/aws': [
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-kinesis',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-s3',
    '@aws-sdk/client-sns',
    '@aws-sdk/client-sqs',
    '@smithy/node-http-handler',
  ],
  'hosts/serverless': ['esbuild'],
  'hosts/offline': ['fauxqs', 'dynalite'],
  'adapters/file-sink': ['hyparquet-writer'],
  'adapters/sql': ['pg', 'mysql2/promise'],
  'adapters/redis': ['@redis/client'],
  'adapters/kafka': ['@platformatic/kafka', '@smithy/signature-v4'],
}

// What a function imports as its users do: `sluice/lambda` is that file of lib.
const { exports: all } = JSON.parse(filesAtTop().find((file) => file.path === 'package.json')!.text)
const doors: Record<string, string> = Object.fromEntries(
  Object.entries<any>(all).map(([door, files]) => [posix.join('sluice', door), files['sluice-source']]),
)

const files = filesBelow('lib', 'functions').filter((file) => file.path.endsWith('.ts'))

test('every module of lib has a row in the matrix', () => {
  const rowless = files.filter((file) => matrix[moduleOf(file.path)] === undefined)
  assert.deepEqual(
    rowless.map((file) => file.path),
    [],
    'add a row for the folder to the matrix of this test: below the rooms that it imports, above those that import it',
  )
})

test('docs/architecture.md describes every room of lib, and no other', () => {
  const page = filesBelow('docs').find((file) => file.path === 'docs/architecture.md')!.text
  const described = occurrences(page, /^\| `([a-z/]+)` \|/).map(({ match }) => match[1])
  const rooms = new Set(files.filter((file) => file.path.split('/').length > 2).map((file) => file.path.split('/')[1]))
  const firsts = new Set(described.map((room) => room.split('/')[0]))
  assert.deepEqual(
    [...firsts].toSorted(),
    [...rooms].toSorted(),
    'the rooms of the table in docs/architecture.md and the folders of lib: write a row, or take one out',
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
  assert.deepEqual(
    offending,
    [],
    'move it to a room that may import this, or hand it in from above. Only for a row that you have just added: name ' +
      'the room in the matrix of this test, or the package in `packages`',
  )
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
    'write the name of the file with its ending',
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
  assert.equal(isAllowed('lib/plan/a.ts', '../graph/b.ts'), true)
  assert.equal(isAllowed('lib/adapters/aws/deep/a.ts', '@aws-sdk/client-s3'), true)
  assert.equal(isAllowed('lib/hosts/functions/index.ts', './app/a.ts'), true)
  assert.equal(isAllowed('functions/task.ts', 'sluice/lambda'), true)
  assert.equal(isAllowed('functions/task.ts', 'sluice'), false)
  assert.equal(isAllowed('lib/graph/a.ts', 'sluice'), false)
  assert.equal(isAllowed('lib/graph/a.ts', '../plan/b.ts'), false)
  assert.equal(isAllowed('lib/state/a.ts', '../shuffle/b.ts'), false)
  assert.equal(isAllowed('lib/runtime/a.ts', '../adapters/aws/b.ts'), false)
  assert.equal(isAllowed('lib/adapters/local/a.ts', '../../../infra/b.ts'), false)
  assert.equal(isAllowed('lib/runtime/a.ts', '@aws-sdk/client-s3'), false)
})

function isAllowed(from: string, to: string): boolean {
  const module = moduleOf(from)
  // Plain values need no more of Node than checksums and type tests.
  if (to.startsWith('node:')) return module !== 'model' || to === 'node:zlib' || to === 'node:util'
  const door = doors[to]
  if (door !== undefined) return isAllowed(from, posix.relative(posix.dirname(from), door))
  if (!to.startsWith('.')) return (packages[module] ?? []).includes(to)
  const target = moduleOf(posix.join(posix.dirname(from), to))
  return target === module || wordsOf(matrix[module] ?? '').includes(target)
}

function importsOf({ path, text }: SourceFile): { to: string; where: string }[] {
  const names = String.raw`\{[^}]*\}|\*(?:\s+as\s+\w+)?`
  const named = String.raw`(?:(?:\w+\s*,\s*)?(?:${names})|\w+)\s*from\s*['"]([^'"\n]+)['"]`
  const statement = String.raw`^(?:import|export)\s+(?:type\s+)?${named}`
  const effect = String.raw`^import\s*['"]([^'"\n]+)['"]`
  const expression = String.raw`\bimport\(\s*['"]([^'"\n]+)['"]`
  return occurrences(withoutComments(text), new RegExp(`${statement}|${effect}|${expression}`)).map(
    ({ line, text: shown, match }) => ({
      to: match[1] ?? match[2] ?? match[3],
      where: `${path}:${line}: ${shown}`,
    }),
  )
}

/** `lib/state/store.ts` → `state`, `lib/api/rdd/rdd.ts` → `api/rdd`, `functions/task.ts` → `functions`. */
function moduleOf(path: string): string {
  const [top, next, third] = path.split('/')
  if (top !== 'lib') return top
  const second = `${next}/${third}`
  return matrix[second] === undefined ? next.replace(/\.ts$/, '') : second
}

function wordsOf(row: string): string[] {
  return row.split(' ').filter((word) => word !== '')
}
