import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** As `serverless.yml` bundles a function. */
async function bundled(entry: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: 'out',
    bundle: true,
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

// What a process that stays is made of: its engine, directories for head and blobs, sockets, threads, other programs.
const RESIDENT = /^lib\/(hosts\/embedded|adapters\/files|cli|testing|simulator)\/|\/(head|blob)-directory\.ts$|socket/
const RESIDENT_PARTS = ['node:child_process', 'node:worker_threads', 'node:cluster', 'node:dgram', 'node:http']

for (const name of ['coordinator', 'task', 'output', 'gc']) {
  test(`the bundle of the ${name} function holds nothing of a process that stays`, async (t) => {
    const { inputs, outputs } = await bundled(`functions/${name}.ts`)
    const parts = Object.values(inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    assert.deepEqual(
      Object.keys(inputs).filter((path) => RESIDENT.test(path)),
      [],
    )
    assert.deepEqual(
      parts.filter((part) => RESIDENT_PARTS.includes(part)),
      [],
    )
    const [{ bytes, inputs: held }] = Object.values(outputs)
    const own = Object.entries(held).reduce(
      (sum, [path, { bytesInOutput }]) => sum + (path.startsWith('lib/') ? bytesInOutput : 0),
      0,
    )
    t.diagnostic(`${name}: ${own} of ${bytes} bytes are the library's, from ${Object.keys(inputs).length} files`)
  })
}
