import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { project, sluice } from './cli.ts'

const bin = fileURLToPath(new URL('../../lib/cli/bin.ts', import.meta.url))

/** Batch n brings so many keys of its own, `batches` times; then nothing comes. */
const keys = (batches: number, perBatch: number, also = ''): string => `
const keys = {
  name: 'Keys',
  async cut({ position }: { position: unknown }) {
    const n = Number(position ?? 0)
    ${also}
    if (n === ${batches}) return { position: n, splits: [], records: 0 }
    return { position: n + 1, splits: [n], records: ${perBatch} }
  },
  *read(n: unknown) {
    yield Array.from({ length: ${perBatch} }, (_, i) => Number(n) * ${perBatch} + i)
  },
}`

const growing = `import { app, milliseconds } from 'sluice'
${keys(8, 20_000)}
export default app('growing', milliseconds(20), (ssc) => {
  ssc
    .source('keys', keys)
    .map((n) => ['key ' + n, 1])
    .updateStateByKey<string>((added, before = '') => before + ''.padEnd(500 * added.length, 'x'))
    .map(([, state]) => state.length)
    .reduce((a, b) => a + b)
    .print()
})
`

test('F39: a process whose state outgrows its memory says so and ends; with more it all counts once', async (t) => {
  const folder = await project(t, { 'app.ts': growing })
  const run = (memory: string) =>
    sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '8'], {
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${memory}`,
    })
  const small = await run('--max-old-space-size=60')
  assert.notEqual(small.code, 0)
  assert.match(small.stderr, /JavaScript heap out of memory/)
  assert.match(small.stderr, /! memory used: This process holds \d+ MB in memory, and Node ends it at \d+\. State has/)
  const done = small.stderr.match(/^ {2}#\d+/gm)?.length ?? 0
  assert.ok(done > 0 && done < 8, `${done} batches before it ended`)
  const { code, stdout, stderr } = await run('')
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stderr, /memory used/)
  // Each of 160,000 keys has the state that one record makes.
  assert.equal(stdout.trimEnd().split('\n').at(-1), String(160_000 * 500))
})

const heavy = `import { app, milliseconds } from 'sluice'
${keys(3, 1)}
export default app('heavy', milliseconds(20), (ssc) => {
  ssc.sparkContext.conf.set('sluice.state.keyBytesMax', '1m')
  ssc
    .source('keys', keys)
    .map((n) => [n, 1])
    .updateStateByKey<string>(() => 'x'.repeat(600_000))
    .print()
})
`

test('F39: what a task says of its memory and of large state is heard from a thread of its own, too', async (t) => {
  const folder = await project(t, { 'heavy.ts': heavy, 'growing.ts': growing })
  for (const workers of ['0', '1']) {
    const { code, stderr } = await sluice(t, folder, ['run', 'heavy.ts', '--workers', workers, '--batches', '3'])
    assert.equal(code, 0, stderr)
    assert.match(stderr, /! state large: .* takes more than half of the 1048576 bytes that it may/, workers)
  }
  const { stderr } = await sluice(t, folder, ['run', 'growing.ts', '--workers', '1', '--batches', '8'], {
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --max-old-space-size=60`,
  })
  assert.match(stderr, /! memory used: A worker thread holds \d+ MB in memory, and Node ends it at \d+\. Give/)
})

/** Holds every descriptor there is, for a while, before batch 3 is computed. */
const greedy = `import { closeSync, openSync } from 'node:fs'
import { app, milliseconds } from 'sluice'
const held: number[] = []
function takeAll() {
  try {
    for (;;) held.push(openSync('/dev/null'))
  } catch {
    setTimeout(() => held.forEach((file) => closeSync(file)), 700)
  }
}
${keys(5, 2000, 'if (n === 2 && held.length === 0) takeAll()')}
export default app('greedy', milliseconds(50), (ssc) => {
  ssc
    .source('keys', keys)
    .map((n) => ['key ' + n, 1])
    .updateStateByKey<number>((added, sum = 0) => added.reduce((a, b) => a + b, sum))
    .saveAsTextFiles('out/totals')
})
`

test('F43: a process without a file descriptor left says so and tries again; nothing is lost', async (t) => {
  const folder = await project(t, { 'app.ts': greedy })
  const command = 'ulimit -n 60 && exec "$0" "$@"'
  const args = [process.execPath, bin, 'run', 'app.ts', '--dir', 'state', '--batches', '6']
  const child = spawn('bash', ['-c', command, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /! batch waits: keys\/updateStateByKey, batch 3: .*EMFILE.*\(E_BLOB_UNREACHABLE\); tried/)
  assert.doesNotMatch(stderr, /✕/)
  const newest = join(folder, 'out', readdirSync(join(folder, 'out')).sort().at(-1)!)
  const rows = readdirSync(newest)
    .filter((name) => name.startsWith('part-'))
    .flatMap((name) => readFileSync(join(newest, name), 'utf8').trimEnd().split('\n'))
    .filter((row) => row !== '')
  assert.equal(rows.length, 10_000)
  assert.ok(rows.every((row) => row.endsWith(',1)')))
})
