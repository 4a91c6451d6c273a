import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cli, project, sluice } from './cli.ts'

const sums = (interval: string): string => `
import { app, milliseconds, seconds } from 'sluice'
import { counter } from './numbers.ts'

export default app('sums', ${interval}, (ssc) => {
  const numbers = ssc.source('counter', counter).map((n) => [n % 2 ? 'odd' : 'even', n])
  const sum = numbers.updateStateByKey((ns, before) => ns.reduce((a, b) => a + b, before ?? 0))
  sum.foreachRDD((rdd) => { console.log(JSON.stringify(Object.fromEntries(rdd.collect()))) })
})
`

test('^C finishes the batch and exits with 0; the next run goes on behind it', async (t) => {
  const folder = await project(t, { 'app.ts': sums('milliseconds(100)') })
  const run = new Cli(t, ['run', 'app.ts', '--dir', 'state'], folder)
  await run.says('#3 ')
  run.child.kill('SIGINT')
  const { code, stdout, stderr } = await run.ended
  assert.equal(code, 0)
  const batches = stdout.trimEnd().split('\n').length
  assert.match(
    stderr,
    new RegExp(
      `finishing (batch|batches #\\d+ to) #${batches} …\n[^]*#${batches} .*\n {2}done in .*\\. State is in ` +
        `state/; the same command goes on with #${batches + 1}\\.\n$`,
    ),
  )
  const next = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  assert.match(next.stderr, new RegExp(`\n {2}#${batches + 1} `))
})

test('a second ^C quits at once with 130', async (t) => {
  const run = new Cli(t, ['run', 'app.ts'], await project(t, { 'app.ts': sums('seconds(1000)') }))
  await run.says('batch   time')
  run.child.kill('SIGINT')
  await run.says('finishing batch #1 …, due in')
  run.child.kill('SIGINT')
  assert.equal((await run.ended).code, 130)
})

test('a second ^C that follows at once is not taken for one that nobody listens to', async (t) => {
  const folder = await project(t, { 'app.ts': sums('seconds(1000)') })
  for (let gap = 0.1; gap <= 1; gap += 0.1) {
    const run = new Cli(t, ['run', 'app.ts'], folder)
    await run.says('batch   time')
    run.child.kill('SIGINT')
    const from = performance.now()
    while (performance.now() < from + gap) continue
    run.child.kill('SIGINT')
    // Where the system made one of both, there was no second one yet.
    const third = setTimeout(() => run.child.kill('SIGINT'), 1500)
    const { code, signal } = await run.ended
    clearTimeout(third)
    assert.deepEqual({ gap, code, signal }, { gap, code: 130, signal: null })
  }
})

test(
  'SIGTERM begins no further batch and exits with 0; with stopGracefullyOnShutdown it finishes one ' + 'first',
  async (t) => {
    const orderly = new Cli(t, ['run', 'app.ts'], await project(t, { 'app.ts': sums('seconds(1000)') }))
    await orderly.says('batch   time')
    orderly.child.kill('SIGTERM')
    const stopped = await orderly.ended
    assert.deepEqual([stopped.code, stopped.stdout], [0, ''])

    const program = sums('milliseconds(100)').replace(
      /\}\)\s*$/,
      "}, { conf: { 'spark.streaming.stopGracefullyOnShutdown': true } })\n",
    )
    const graceful = new Cli(t, ['run', 'app.ts'], await project(t, { 'app.ts': program }))
    await graceful.says('#1 ')
    graceful.child.kill('SIGTERM')
    const finished = await graceful.ended
    assert.equal(finished.code, 0)
    assert.match(finished.stderr, /finishing batch(es #\d+ to)? #\d+ …/)
  },
)

test('a run that is killed in the middle goes on without a lost or doubled number', async (t) => {
  const folder = await project(t, { 'app.ts': sums('milliseconds(20)') })
  const totals: { readonly odd?: number; readonly even?: number }[] = []
  const take = (stdout: string): void => {
    for (const line of stdout.split('\n').slice(0, -1)) totals.push(JSON.parse(line) as (typeof totals)[number])
  }
  for (let kill = 0; kill < 3; kill++) {
    const run = new Cli(t, ['run', 'app.ts', '--dir', 'state'], folder)
    await run.says('\n  #', 4 + kill)
    run.child.kill('SIGKILL')
    take((await run.ended).stdout)
  }
  const last = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '3'])
  assert.equal(last.code, 0)
  take(last.stdout)
  // The n-th batch adds n: whatever was shown, and shown again after a kill, is a sum that some prefix of 1, 2, 3, …
  // has.
  const sumsSeen = totals.map(({ odd = 0, even = 0 }) => odd + even)
  const numbers = sumsSeen.map((sum) => (Math.sqrt(8 * sum + 1) - 1) / 2)
  assert.ok(numbers.every(Number.isInteger), String(sumsSeen))
  for (let i = 1; i < numbers.length; i++)
    assert.ok(
      numbers[i] === numbers[i - 1] || numbers[i] === numbers[i - 1] + 1,
      `after ${numbers[i - 1]} came ${numbers[i]}`,
    )
  const checked = await sluice(t, folder, ['verify', 'state'])
  assert.match(checked.stdout, /^✓ sums {2}\d+ writes, \d+ batches, .* checked/)
})

test('B12: who closes stdout early is not told about it', async (t) => {
  const run = new Cli(t, ['run', 'app.ts', '--batches', '20'], await project(t, { 'app.ts': sums('milliseconds(20)') }))
  run.child.stdout!.destroy()
  const { code, stderr } = await run.ended
  assert.doesNotMatch(stderr, /EPIPE|✕/)
  assert.equal(code, 0)
})

/** A program whose first batch calls `busy` in a task of this thread. */
const withBusyTask = (busy: string): string => `
import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'
export default app('busy', milliseconds(100), (ssc) => {
  ssc.source('n', batches([1])).map((n) => { process.stderr.write('in the function\\n'); ${busy}; return n }).print()
})
`

test('an endless loop in a function: the first ^C says what it waits for, the second ends the process', async (t) => {
  const run = new Cli(t, ['run', 'app.ts'], await project(t, { 'app.ts': withBusyTask('for (;;);') }))
  await run.says('in the function')
  run.child.kill('SIGINT')
  await run.says('a function of the program is running: it is let finish; ^C again ends it now')
  run.child.kill('SIGINT')
  const { code, signal, stderr } = await run.ended
  assert.deepEqual([code, signal], [null, 'SIGINT'])
  assert.match(stderr, /ended in the middle of a batch, which the next run does again\n$/)
})

test('^C while a function runs is heard when it is through: its batch is finished, not the backlog', async (t) => {
  const busy = 'const end = Date.now() + 1500; while (Date.now() < end);'
  const run = new Cli(t, ['run', 'app.ts'], await project(t, { 'app.ts': withBusyTask(busy) }))
  await run.says('in the function')
  run.child.kill('SIGINT')
  const { code, stderr } = await run.ended
  assert.equal(code, 0)
  assert.match(stderr, /#1 .*\n[^]* {2}done in/)
  assert.doesNotMatch(stderr, /\n {2}#3 /)
})

const slowBatches = `
import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('slow', milliseconds(20), (ssc) => {
  ssc.source('n', counter).foreachRDD(async (rdd) => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    console.log(rdd.collect().join())
  })
})
`

test('^C in a backlog finishes the batch under way, and the next run does the rest, none left out', async (t) => {
  const folder = await project(t, { 'app.ts': slowBatches })
  const run = new Cli(t, ['run', 'app.ts', '--dir', 'state'], folder)
  await run.says('#4 ')
  run.child.kill('SIGINT')
  const { code, stdout, stderr } = await run.ended
  assert.equal(code, 0)
  const shown = stdout.trimEnd().split('\n').map(Number)
  assert.ok(shown.length <= 6, `${shown.length} batches after a ^C in the fourth or fifth: ${stderr}`)
  const next = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '2'])
  assert.deepEqual(
    [...shown, ...next.stdout.trimEnd().split('\n').map(Number)],
    Array.from({ length: shown.length + 2 }, (_, i) => i + 1),
  )
})

const stopsItself = `
import { createServer } from 'node:net'
import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'
if (process.argv[2] === 'open') createServer().listen(0, '127.0.0.1')
export default app('stops', milliseconds(50), (ssc) => {
  ssc.source('n', batches(['a'], ['a', 'END'])).foreachRDD(async (rdd) => {
    if (rdd.collect().includes('END')) await ssc.stop(true, process.argv[3] === 'gracefully')
    console.log(rdd.collect().join())
  })
})
`

for (const words of [[], ['open'], ['open', 'gracefully'], ['closed', 'gracefully']])
  test(`an output may await the stop of its own context${words.map((word) => `, ${word}`).join('')}`, async (t) => {
    const folder = await project(t, { 'app.ts': stopsItself })
    const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', ...words, '--dir', 'state'])
    assert.equal(code, 0)
    assert.match(stdout, /^a\na,END\n/)
    assert.match(stderr, / {2}done(:| in)/)
  })
