import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** As the plugin bundles a function, in parts that are loaded when they are needed. */
async function bundled(entry: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: 'out',
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['sluice-source', 'sluice-function'],
    // The SDK and its parts.
    external: ['@aws-sdk/*', '@smithy/*'],
    logLevel: 'silent',
  })
  return metafile
}

type Output = Metafile['outputs'][string]

/** What a function reads when it starts: its entry, and all that this imports at once. */
function atStart({ outputs }: Metafile): Output[] {
  const found = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint?.startsWith('functions/')))
  for (const path of found)
    for (const { path: next, kind } of outputs[path].imports)
      if (kind === 'import-statement' && next in outputs) found.add(next)
  return [...found].map((path) => outputs[path])
}

/** Of the library, without the program and without what it imports. */
const ownBytes = (parts: readonly Output[]): number =>
  parts.reduce(
    (sum, { inputs }) =>
      sum +
      Object.entries(inputs).reduce(
        (part, [path, { bytesInOutput }]) => part + (path.startsWith('lib/') ? bytesInOutput : 0),
        0,
      ),
    0,
  )

// What a process that stays is made of: its engine, directories for head and blobs, sockets, threads, other programs.
const RESIDENT = /^lib\/(hosts\/embedded|adapters\/files|cli|testing|simulator)\/|\/(head|blob)-directory\.ts$|socket-r/
const RESIDENT_PARTS = ['node:child_process', 'node:worker_threads', 'node:cluster', 'node:dgram', 'node:http']

for (const name of ['coordinator', 'task', 'output', 'gc'])
  test(`the bundle of the ${name} function holds nothing of a process that stays`, async () => {
    const { inputs } = await bundled(`functions/${name}.ts`)
    const parts = Object.values(inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    assert.deepEqual(
      Object.keys(inputs).filter((path) => RESIDENT.test(path)),
      [],
    )
    assert.deepEqual(
      parts.filter((part) => RESIDENT_PARTS.includes(part)),
      [],
    )
  })

/** Bytes of the library that a function reads when it starts, minified. */
const LIMITS = { coordinator: 150_000, task: 335_000, output: 316_000, gc: 55_000 }

for (const [name, limit] of Object.entries(LIMITS))
  test(`the ${name} function starts with at most ${limit} bytes of the library`, async (t) => {
    const metafile = await bundled(`functions/${name}.ts`)
    const [own, all] = [atStart(metafile), Object.values(metafile.outputs)].map(ownBytes)
    t.diagnostic(`${name}: ${own} bytes of the library at the start, ${all} in all`)
    assert.ok(own <= limit, `${own} bytes`)
  })
