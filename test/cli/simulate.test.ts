import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Ended, project, sluice } from './cli.ts'

const words = (between: { readonly top?: string; readonly value?: string; readonly update?: string } = {}): string => `
import { app, seconds } from 'sluice'
${between.top ?? ''}
export default app('words', seconds(1), (ssc) => {
  const words = ssc.socketTextStream('localhost', 9999).flatMap((line) => line.split(' '))
  const pairs = words.map((word): [string, number] => [word, ${between.value ?? '1'}])
  pairs.reduceByKey((a, b) => a + b).foreachRDD(() => {})
  const update = (ones: readonly number[], n?: number) => ${between.update ?? '(n ?? 0) + ones.length'}
  pairs.updateStateByKey<number>(update, { name: 'totals' }).print()
  pairs.reduceByKeyAndWindow((a, b) => a + b, (a, b) => a - b, seconds(4), seconds(2)).print()
  ssc.source('nobody-reads-this', { name: 'Unread', cut: async () => null, read: () => [] })
})
`

/** A sink that appends what it is given to a file, and a reader of that file; `skip` may return before it writes. */
const clicks = (guarantee: string, skip = ''): string => `
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { app, type Delivery, type OutputSink, seconds } from 'sluice'
import type { Simulation } from 'sluice/testing'

const pages: OutputSink<[string, number]> = {
  name: 'file',
  guarantee: '${guarantee}',
  async write(records, { batch, partition }: Delivery) {
    ${skip}
    for (const record of records) appendFileSync('rows.txt', JSON.stringify(record) + '\\n')
  },
}

export const simulation: Simulation = {
  samples: { clicks: (random) => ({ page: '/' + Math.floor(random() * 5) }) },
  shown: { pages: () => (existsSync('rows.txt') ? readFileSync('rows.txt', 'utf8').split('\\n') : []) },
  reset: () => { for (const path of ['rows.txt', 'fences']) rmSync(path, { recursive: true, force: true }) },
}

export default app('clicks', seconds(1), (ssc) => {
  const clicks = ssc.source<{ page: string }>('clicks', { name: 'Clicks', cut: async () => null, read: () => [] })
  clicks.map((click): [string, number] => [click.page, 1]).reduceByKey((a, b) => a + b).output('pages', pages)
})
`

const FENCED = `
    mkdirSync('fences', { recursive: true })
    if (existsSync('fences/' + partition) && Number(readFileSync('fences/' + partition, 'utf8')) >= batch) return
    writeFileSync('fences/' + partition, String(batch))`

async function simulated(
  t: TestContext,
  program: string,
  ...args: readonly string[]
): Promise<Ended & { readonly folder: string }> {
  const folder = await project(t, { 'app.ts': program })
  return { folder, ...(await sluice(t, folder, ['simulate', 'app.ts', ...args])) }
}

/** Runs the command line that a finding ends with. */
async function again(
  t: TestContext,
  { folder, stdout }: { readonly folder: string; readonly stdout: string },
): Promise<Ended> {
  const command = /^ {2}again {2}sluice (.*)$/m.exec(stdout)?.[1]
  assert.ok(command, stdout)
  return sluice(
    t,
    folder,
    [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain),
  )
}

test(
  'a correct program comes to the same under twenty plans of faults, and the report counts how often ' +
    'each output was given a batch again',
  async (t) => {
    const { code, stdout, stderr } = await simulated(t, words(), '--seeds', '20')
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /^ {2}20 runs, [\d,]+ batches, [\d,]+ faults in .*: [\d,]+ batches\/s\n/)
    assert.match(
      stdout,
      new RegExp(
        String.raw`foreachRDD +at-least-once, given [\d,]+ times, [1-9]\d* times again, with the same key and ` +
          String.raw`content; what it shows was not looked at`,
      ),
    )
    assert.match(stdout, /✓ every run came to what it comes to without faults\n$/)
    assert.match(stdout, /takeover while the old one runs \d+/)
  },
)

for (const [what, value, place] of [
  ['Math.random()', 'Math.random()', /asks {3}app\.ts:6:\d+ calls Math\.random\(\)/],
  ['Date.now()', 'Date.now() % 1000', /asks {3}app\.ts:6:\d+ calls Date\.now\(\)/],
  ['new Date()', 'new Date().getMilliseconds()', /asks {3}app\.ts:6:\d+ calls new Date\(\)/],
] as const) {
  test(`a map that calls ${what} is found, its place is named, and the printed command repeats it`, async (t) => {
    const found = await simulated(t, words({ value }), '--seeds', '20')
    assert.equal(found.code, 1, found.stderr)
    assert.match(
      found.stdout,
      new RegExp(
        String.raw`^✕ content {2}"socket-text-stream/reduceByKey/foreachRDD", batch \d+: \d+ rows? (is|are) missing, ` +
          String.raw`\d+ too many$`,
        'm',
      ),
    )
    assert.match(found.stdout, /faults none: two runs without any differ/)
    assert.match(found.stdout, place)
    const repeated = await again(t, found)
    assert.equal(repeated.code, 1)
    assert.equal(/^✕.*$/m.exec(repeated.stdout)?.[0], /^✕.*$/m.exec(found.stdout)?.[0])
  })
}

test(
  'a state function that counts in a variable of its module is found, and the least that leads to it ' + 'is printed',
  async (t) => {
    const found = await simulated(
      t,
      words({ top: 'let calls = 0', update: '(n ?? 0) + ones.length + calls++' }),
      '--seed',
      '2',
      '--seeds',
      '20',
    )
    assert.equal(found.code, 1, found.stderr)
    assert.match(found.stdout, /^✕ content {2}"totals\/print", batch/m)
    assert.equal((await again(t, found)).code, 1)
  },
)

test(
  'a sink that appends blindly and says exactly-once is found with at most two faults, and the printed ' +
    'command repeats it',
  async (t) => {
    const found = await simulated(t, clicks('exactly-once'), '--seeds', '40')
    assert.equal(found.code, 1, found.stderr)
    assert.match(
      found.stdout,
      new RegExp(
        String.raw`^✕ shown {2}what "pages" shows after the last batch: 0 rows are missing, \d+ too many; it says ` +
          String.raw`that it shows each batch exactly once$`,
        'm',
      ),
    )
    assert.match(found.stdout, /with [12] of \d+ faults and records in \d+ of \d+ intervals/)
    const repeated = await again(t, found)
    assert.equal(repeated.code, 1)
    assert.equal(/^✕.*$/m.exec(repeated.stdout)?.[0], /^✕.*$/m.exec(found.stdout)?.[0])
  },
)

test('the same sink with a fence per partition shows each batch once', async (t) => {
  const { code, stdout, stderr } = await simulated(t, clicks('exactly-once', FENCED), '--seeds', '8')
  assert.equal(code, 0, stdout + stderr)
  assert.match(
    stdout,
    new RegExp(
      String.raw`pages {2}exactly-once, given \d+ times, [1-9]\d* times again, with the same key and content; what ` +
        String.raw`it shows was compared`,
    ),
  )
})

test(
  'a sink that appends blindly and says at-least-once is named as not safe to repeat, which is no ' + 'violation',
  async (t) => {
    const { code, stdout, stderr } = await simulated(t, clicks('at-least-once'), '--seeds', '8')
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /^! pages is not safe to repeat, and may be given a batch again: app\.ts:\d+:\d+$/m)
  },
)

test('an output that throws is a violation of its own', async (t) => {
  const { code, stdout } = await simulated(
    t,
    words().replace('foreachRDD(() => {})', "foreachRDD(() => { throw new Error('no route') })"),
    '--seeds',
    '5',
  )
  assert.equal(code, 1)
  assert.match(
    stdout,
    /^✕ output failed {2}"socket-text-stream\/reduceByKey\/foreachRDD" threw in batch \d+: no route$/m,
  )
})

test('records come from a file, and a source without any is refused with what to write', async (t) => {
  const program = clicks('exactly-once', FENCED).replace(/^ {2}samples.*\n/m, '')
  const refused = await simulated(t, program)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^✕ E_SAMPLES {2}There are no sample records for the source "clicks"\./)
  assert.match(
    refused.stderr,
    /next {3}export const simulation = \{ samples: \{ clicks: \(random\) => … \} \}\n +or --records clicks=<file>/,
  )
  writeFileSync(join(refused.folder, 'clicks.jsonl'), '{"page":"/"}\n{"page":"/cart"}\n')
  const { code, stdout, stderr } = await sluice(t, refused.folder, [
    'simulate',
    'app.ts',
    '--records',
    'clicks=clicks.jsonl',
    '--seeds',
    '3',
    '--json',
  ])
  assert.equal(code, 0, stderr)
  const { type, runs, finding, outputs } = JSON.parse(stdout) as {
    type: string
    runs: number
    finding: unknown
    outputs: { output: string; given: number }[]
  }
  assert.deepEqual([type, runs, finding, outputs.map(({ output }) => output)], ['result', 3, null, ['pages']])
  assert.ok(outputs[0].given > 0)
})

test(
  'records for a source that is not there, and a line ' + 'that is not JSON, are refused without showing it',
  async (t) => {
    const folder = await project(t, { 'app.ts': clicks('exactly-once'), 'bad.jsonl': '{"page":"/"}\nhunter2\n' })
    const named = await sluice(t, folder, ['simulate', 'app.ts', '--records', 'orders=bad.jsonl'])
    assert.match(named.stderr, /E_SAMPLES {2}There are sample records for "orders", but no such source\./)
    const bad = await sluice(t, folder, ['simulate', 'app.ts', '--records', 'bad.jsonl'])
    assert.match(bad.stderr, /E_SAMPLES {2}Line 2 of the records for the source "clicks" is not JSON\./)
    assert.doesNotMatch(bad.stderr, /hunter2/)
  },
)

test('a program that starts its own context is refused before it reaches anything', async (t) => {
  const { code, stderr } = await simulated(
    t,
    "import { seconds, StreamingContext } from 'sluice'\nconst ssc = new StreamingContext({ appName: " +
      "'classic' }, seconds(1))\nssc.socketTextStream('localhost', 9).print()\nssc.start()\n",
  )
  assert.equal(code, 2)
  assert.match(stderr, /E_USAGE {2}Only a program that exports an app can be simulated/)
})

test(
  'a function that throws is found with its place, and the arguments of the program stand in the ' +
    'command that repeats it',
  async (t) => {
    const found = await simulated(
      t,
      words({ value: "process.argv[2] === '--bad' && word === 'not' ? (undefined as any).length : 1" }),
      '--seeds',
      '10',
      '--',
      '--bad',
    )
    assert.equal(found.code, 1, found.stderr)
    assert.match(found.stdout, /^✕ unexpected error {2}coordinator-\d+: .*Cannot read properties of undefined/m)
    assert.match(found.stdout, /^ {2}where {2}app\.ts:6:\d+$/m)
    assert.match(found.stdout, /^ {2}again {2}sluice simulate app\.ts --seed \d+ .* -- --bad$/m)
    assert.equal((await again(t, found)).code, 1)
  },
)

test('a window with more rows than print shows, a minute long, comes to the same', async (t) => {
  const program =
    "import { app, minutes } from 'sluice'\nexport default app('long', minutes(1), (ssc) => {\n  " +
    "ssc.socketTextStream('localhost', 9999).map((line) => [line.length, 1]).reduceByKeyAndWindow((a, b) " +
    '=> a + b, minutes(5), minutes(1)).print()\n})\n'
  const { code, stdout, stderr } = await simulated(t, program, '--seeds', '5')
  assert.equal(code, 0, stdout + stderr)
})

test('more seeds than one process takes are summed up over several, up to the first finding', async (t) => {
  const lines =
    "import { app, seconds } from 'sluice'\nexport default app('lines', seconds(1), (ssc) => " +
    "ssc.socketTextStream('localhost', 9999).foreachRDD(() => {}))\n"
  const fine = await simulated(t, lines, '--seeds', '101', '--batches', '1', '--json')
  assert.equal(fine.code, 0, fine.stderr)
  const { runs, outputs } = JSON.parse(fine.stdout) as { runs: number; outputs: { given: number }[] }
  assert.equal(runs, 101)
  assert.ok(outputs[0].given >= 101)
  const found = await simulated(t, words({ value: 'Math.random()' }), '--seeds', '101')
  assert.equal(found.code, 1)
  assert.match(found.stdout, /calls Math\.random\(\)/)
})

test('what a program prints while it is simulated is not shown', async (t) => {
  const { stdout } = await simulated(
    t,
    words().replace('foreachRDD(() => {})', "foreachRDD(() => { console.log('secret row') })"),
    '--seed',
    '4',
  )
  assert.doesNotMatch(stdout, /secret row|-----/)
})
