import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

const library = fileURLToPath(new URL('../../lib/api/rdd/spark-context.ts', import.meta.url))

const program = `import { SparkContext } from ${JSON.stringify(library)}
try {
  new SparkContext().setLogLevel('loud')
} catch (error) {
  console.log(error.where.place)
}
`

// Beside its sources the bundle's folder holds the program's, too.
for (const out of ['out/task/index.mjs', 'index.mjs'])
  test(`an error of the library inside a bundle names the line of the program's own source (${out})`, async (t) => {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'app.ts'), program)
    await build({
      entryPoints: [join(folder, 'app.ts')],
      outfile: join(folder, out),
      bundle: true,
      minify: true,
      sourcemap: 'linked',
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    })
    const args = ['--enable-source-maps', join(folder, out)]
    const place = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    assert.match(place, /(^|\/)app\.ts:3:\d+\n$/)
  })
