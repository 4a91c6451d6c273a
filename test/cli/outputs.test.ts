import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { project, sluice } from './cli.ts'

interface Receiver {
  readonly url: string
  /** The batches that were taken, in the order in which they came. */
  readonly taken: number[]
  status: number
}

/** Takes one number per request, or answers with `status`; after so many refusals it takes what comes. */
async function receiver(t: TestContext, status: number, refusals = Infinity): Promise<Receiver> {
  const taken: number[] = []
  let refused = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => (body += bytes.toString()))
    request.on('end', () => {
      if (receiving.status !== 200 && refused++ === refusals) receiving.status = 200
      if (receiving.status === 200) taken.push(...(JSON.parse(body) as number[]))
      response.writeHead(receiving.status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.closeAllConnections())
  t.after(() => server.close())
  const receiving = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, taken, status }
  return receiving
}

/** Two outputs, one of them to a web hook that tries once per delivery. */
const program = (url: string, guarantee = 'at-least-once'): string => `
import { app, milliseconds } from 'sluice'
import { webhook } from 'sluice/sinks'
import { counter } from './numbers.ts'
const hook = webhook('${url || 'http://127.0.0.1/'}', { allowAddresses: ['127.0.0.1'], attempts: 1 })
export default app('hooked', milliseconds(50), (ssc) => {
  const numbers = ssc.source('n', counter)
  ${url === '' ? '' : `numbers.output('hook', { ...hook, guarantee: '${guarantee}' })`}
  numbers.foreachRDD((rdd) => { console.log(rdd.collect().join()) })
}, { conf: { 'sluice.output.retryWait': '200ms', 'sluice.output.retryWaitMax': '400ms' } })
`

const upTo = (n: number, from = 1): number[] => Array.from({ length: n - from + 1 }, (_, i) => from + i)
const numbersOf = (stdout: string): number[] => stdout.trimEnd().split('\n').map(Number)

for (const guarantee of ['at-least-once', 'exactly-once'])
  test(`F59: a web hook (${guarantee}) that answers 503 for a while costs nothing but delay`, async (t) => {
    const hook = await receiver(t, 503, 5)
    const folder = await project(t, { 'app.ts': program(hook.url, guarantee) })
    const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '60'])
    assert.equal(code, 0, stderr)
    assert.deepEqual(numbersOf(stdout), upTo(60), 'the other output goes on')
    assert.deepEqual(
      guarantee === 'exactly-once' ? hook.taken : hook.taken.toSorted((a, b) => a - b),
      upTo(60),
      'each batch is taken, and of an output that shows each exactly once, in order',
    )
    assert.match(
      stderr,
      /! output held: hook, batch 1: .* answered 503.* \(E_SINK_UNAVAILABLE\); .*next try in 0\.\d s/,
    )
    assert.match(stderr, /hook: \d+ batches undelivered/)
    assert.match(stderr, /! output released: hook takes batches again/)
  })

test('a table that is not there is said with the statement that makes it, once, while the run goes on', async (t) => {
  const folder = await project(t, {
    'app.ts': `
import { app, milliseconds } from 'sluice'
import { sqlite } from 'sluice/sinks'
import { counter } from './numbers.ts'

export default app('rows', milliseconds(50), (ssc) => {
  ssc.source('n', counter).output('table', sqlite('rows.db', { table: 'rows', columns: ['n'], row: (n) => [n] }))
}, { conf: { 'sluice.output.retryWait': '50ms', 'sluice.output.retryWaitMax': '50ms' } })
`,
  })
  const { code, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '10'])
  assert.equal(code, 1, stderr)
  const [going, end] = stderr.split('✕ E_OUTPUT')
  assert.ok(going.split('! output held').length > 2, 'it is tried more than once')
  assert.equal(going.split('a table that fits: create table "rows" ("n" integer)\n').length, 2, going)
  assert.match(going, /\n {2}next {3}correct the table or its columns\n {9}a table that fits: /)
  // Without --dir there is nothing that a command could be about.
  assert.doesNotMatch(end, /<dir>|outputs drop/)
})

test('F59: an output whose place never answers holds itself alone, until it is dropped and removed', async (t) => {
  const hook = await receiver(t, 503)
  const folder = await project(t, { 'app.ts': program(hook.url), 'without.ts': program('') })
  const first = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '5'])
  assert.equal(first.code, 1)
  assert.match(
    first.stderr,
    /✕ E_OUTPUT {2}The run ends, and 5 .* not delivered\. .* answered 503\. \(E_SINK_UNAVAILABLE\)\n {2}where {2}hook/,
  )
  const second = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '3'])
  assert.deepEqual(numbersOf(first.stdout + second.stdout), upTo(8), 'a later start goes on')
  const listed = await sluice(t, folder, ['outputs', 'list', 'state'])
  assert.equal(listed.stdout, '  hook  8 batches not delivered: #1 to #8\n')

  const refused = await sluice(t, folder, ['run', 'without.ts', '--dir', 'state', '--batches', '1'])
  assert.match(refused.stderr, /E_OUTPUT_UNDELIVERED[^]*sluice outputs drop state hook/)
  const dropped = await sluice(t, folder, ['outputs', 'drop', 'state', 'hook'])
  assert.match(
    dropped.stdout,
    /^ {2}hook {2}8 batches not delivered: #1 to #8\nwhat 1 output had not delivered will be/,
  )
  const pending = await sluice(t, folder, ['outputs', 'list', 'state'])
  assert.equal(pending.stdout, '  hook  8 batches not delivered: #1 to #8  drop is asked for\n')
  const without = await sluice(t, folder, ['run', 'without.ts', '--dir', 'state', '--batches', '2'])
  assert.equal(without.code, 0, without.stderr)
  assert.match(without.stderr, /output dropped: hook: 8 batches given up/)
  assert.deepEqual(numbersOf(without.stdout), [9, 10])
  assert.equal((await sluice(t, folder, ['outputs', 'list', 'state'])).stdout, 'every batch is delivered\n')
  assert.equal((await sluice(t, folder, ['verify', 'state'])).code, 0)
})

test('what an output owes is delivered by a later start, oldest first, and retry has it tried at once', async (t) => {
  const hook = await receiver(t, 404)
  const folder = await project(t, { 'app.ts': program(hook.url, 'exactly-once') })
  await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '4'])
  const retried = await sluice(t, folder, ['outputs', 'retry', 'state', 'all'])
  assert.match(retried.stdout, /1 output will be tried with the next batch of the run, or by the next start/)
  hook.status = 200
  const next = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '2'])
  assert.equal(next.code, 0, next.stderr)
  assert.deepEqual(hook.taken, upTo(6))
})

test('a program that wants it as in Spark: conf sluice.output.hold = none, and the run ends', async (t) => {
  const hook = await receiver(t, 503)
  const strict = program(hook.url).replace('conf: {', "conf: { 'sluice.output.hold': 'none',")
  const { code, stderr } = await sluice(t, await project(t, { 'app.ts': strict }), ['run', 'app.ts', '--batches', '9'])
  assert.equal(code, 1)
  assert.match(stderr, /✕ E_SINK_UNAVAILABLE/)
})

const flaky = (cut: string, read: string): string => `
import { app, milliseconds } from 'sluice'
let [cuts, reads] = [0, 0]
const source = {
  name: 'Flaky',
  async cut({ position }) { 
    cuts++
    ${cut}
    const n = Number(position ?? 0) + 1
    return { position: n, splits: [n], records: 1 } },
  read: (split) => { reads++; ${read}; return [[split]] },
}
export default app('flaky', milliseconds(50), (ssc) => {
  ssc.source('n', source).foreachRDD((rdd) => { console.log(rdd.collect().join()) })
})
`

for (const [what, cut, read] of [
  ['cut', "if (cuts === 3) throw new Error('no answer')", ''],
  ['read', '', "if (reads === 3) throw new Error('no answer')"],
])
  test(`a source whose ${what} throws once costs a wait, which is said with source and batch`, async (t) => {
    const folder = await project(t, { 'app.ts': flaky(cut, read) })
    const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '5'])
    assert.equal(code, 0, stderr)
    assert.deepEqual(numbersOf(stdout), upTo(5))
    assert.match(
      stderr,
      /! batch waits: n, batch 3: "Flaky" failed in (cut|read)\(\): .*no answer \(E_SOURCE\); tried again in 0\.\d s/,
    )
  })

test('a source that never answers ends the run after three tries, with its error', async (t) => {
  const folder = await project(t, { 'app.ts': flaky("throw new Error('no such place')", '') })
  const { code, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '5'])
  assert.equal(code, 1)
  assert.match(stderr, /✕ E_SOURCE .*no such place\n {2}where {2}n · app\.ts:\d+:\d+ · batch #1/)
})

/** One of two files of a batch is moved away while the other is read, and is put back a quarter of a second later. */
const losing = `import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { app, milliseconds } from 'sluice'
for (const folder of ['in', 'aside']) mkdirSync(folder)
writeFileSync('in/first', 'first')
for (const name of ['a', 'b']) writeFileSync('aside/' + name, name)
let lost = false
export default app('losing', milliseconds(50), (ssc) => {
  ssc
    .fileStream('in', { select: 'seen' })
    .map((line) => {
      if (line !== 'a' || lost) return line
      lost = true
      renameSync('in/b', 'aside/b')
      setTimeout(() => renameSync('aside/b', 'in/b'), 250)
      return line
    })
    .foreachRDD((rdd) => {
      for (const line of rdd.collect()) {
        console.log(line)
        if (line === 'first') for (const name of ['a', 'b']) renameSync('aside/' + name, 'in/' + name)
      }
    })
})
`

test('a file that is gone when its batch is read costs a wait, and is read once it is back', async (t) => {
  const folder = await project(t, { 'app.ts': losing })
  const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '20'])
  assert.equal(code, 0, stderr)
  assert.deepEqual(stdout.trimEnd().split('\n').toSorted(), ['a', 'b', 'first'])
  assert.match(
    stderr,
    /! batch waits: file-stream, batch \d+: in\/b .* is gone\. \(E_FILE_GONE\); tried again in 0\.\d s/,
  )
})
