import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'

// Not part of `npm test`: it builds and packs. CI runs it as `npm run test:package`.
const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'sluice-package-'))
const inFolder = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
const tsc = resolve(root, 'node_modules/.bin/tsc')

before(() => {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .at(-1)!
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  inFolder('npm', 'install', '--silent', '--no-audit', '--no-fund', packed)
})

after(() => rmSync(folder, { recursive: true }))

test('the package brings nothing with it: one folder in node_modules', () => {
  assert.deepEqual(
    readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['sluice'],
  )
})

test('a strict program compiles against its types, and runs', () => {
  writeFileSync(
    join(folder, 'word-count.ts'),
    `import { milliseconds, StreamingContext } from 'sluice'

const ssc = new StreamingContext({ appName: 'word-count', master: 'local[2]' }, milliseconds(100))
const counts = ssc.queueStream([['a b a']]).flatMap((line) => line.split(' ')).map((word) => [word, 1]).reduceByKey((a, b) => a + b)
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

test('its command runs a program', () => {
  writeFileSync(
    join(folder, 'app.mjs'),
    `import { app, milliseconds } from 'sluice'
export default app('tiny', milliseconds(100), (ssc) => ssc.queueStream([[1, 2], [3]]).map((n) => n * 10).print())
`,
  )
  const out = inFolder(process.execPath, 'node_modules/sluice/dist/lib/cli/bin.js', 'run', 'app.mjs', '--batches', '2')
  assert.match(out, /\n10\n20\n\n/)
})
