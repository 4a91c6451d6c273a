import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { published } from '../../infra/published.ts'
import { filesBelow, occurrences, withoutComments } from './source-files.ts'

type Door = { 'sluice-source': string; types: string; default: string }

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(posix.join(root, path), 'utf8')
const {
  exports: all,
  sideEffects,
  peerDependencies,
} = JSON.parse(read('package.json')) as {
  exports: Record<string, Door | string>
  sideEffects: string[]
  peerDependencies: Record<string, string>
}
const doors = Object.entries(all).filter((entry): entry is [string, Door] => typeof entry[1] !== 'string')

test('each door of the package is one file of lib: declared, and found by programs that are run here', () => {
  const ownPackage = read('lib/model/library.ts')
  for (const [door, { 'sluice-source': source, types, default: code }] of doors) {
    const entry = source.replace(/^\.\/lib\/(.*)\.ts$/, '$1')
    assert.ok(existsSync(posix.join(root, source)), `${door} is ${source}, which is not there`)
    assert.equal(types, `./dist/lib/${entry}.d.ts`, `types of ${door} in package.json`)
    assert.equal(code, `./dist/lib/${entry}.js`, `default of ${door} in package.json`)
    assert.ok(ownPackage.includes(`: '${entry}',`), `doors in lib/model/library.ts does not have ${door}: '${entry}'`)
  }
})

test('what is imported for its effect alone is named in sideEffects, or bundlers leave it out', () => {
  const imported = filesBelow('lib')
    .filter((file) => file.path.endsWith('.ts'))
    .flatMap((file) =>
      occurrences(withoutComments(file.text), /^import '(\..*)'/).map(
        ({ match }) => `./${posix.join(posix.dirname(file.path), match[1])}`,
      ),
    )
  assert.ok(imported.length > 0)
  assert.deepEqual(
    imported.filter((path) => !sideEffects.includes(path)),
    [],
    'name them in sideEffects of package.json',
  )
})

test('a bundle of a program that imports only `app` holds the engine that it starts', async () => {
  const bundle = await build({
    stdin: { contents: "import { app } from 'sluice'; console.log(app)", resolveDir: root },
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    conditions: ['sluice-source'],
    packages: 'bundle',
    external: ['@aws-sdk/*', '@redis/client', 'pg', 'mysql2'],
    logLevel: 'silent',
  })
  assert.ok(Object.keys(bundle.metafile.inputs).includes('lib/hosts/embedded/install.ts'))
})

// A copy of a client inside the package is of no use: as a module it cannot load what it needs of Node.
test('what is published holds no code of others, and loads optional peers and tools of the project', async () => {
  const { metafile } = await build({
    ...published,
    absWorkingDir: root,
    entryPoints: doors.map(([, { 'sluice-source': source }]) => source),
    outdir: 'dist/lib',
    write: false,
    metafile: true,
  })
  const inputs = Object.keys(metafile.inputs)
  assert.ok(inputs.includes('lib/index.ts'))
  assert.deepEqual(
    inputs.filter((path) => !path.startsWith('lib/')),
    [],
    'make it an optional peer: peerDependencies and peerDependenciesMeta in package.json',
  )
  const loaded = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external, path }) => external && !path.startsWith('node:')).map(({ path }) => packageOf(path)),
  )
  assert.ok(loaded.includes('@aws-sdk/client-kinesis'))
  const known = [...Object.keys(peerDependencies), ...ofTheProject]
  assert.deepEqual(
    loaded.filter((name) => !known.includes(name)),
    [],
    'name it in peerDependencies and, as optional, in peerDependenciesMeta of package.json',
  )
})

/** `mysql2/promise` is of `mysql2`. */
const packageOf = (path: string): string => /^(@[^/]+\/)?[^/]+/.exec(path)![0]

/** Asked for by name where they are missing. */
const ofTheProject = ['esbuild', 'fauxqs', 'dynalite']
