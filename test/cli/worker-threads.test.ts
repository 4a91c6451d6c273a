import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cli, project, sluice } from './cli.ts'

const saying = `import { app, milliseconds } from 'sluice'
export default app('saying', milliseconds(50), (ssc) => {
  ssc
    .queueStream([[1, 2, 3, 4]])
    .map((n) => {
      for (let i = 0; i < 5000; i++) console.log('function of record', n, i)
      console.error('error of record', n)
      return n
    })
    .foreachRDD(() => {})
})
`

test('what functions print in a thread of their own is there when the run ends right behind it', async (t) => {
  const folder = await project(t, { 'app.ts': saying })
  for (let run = 0; run < 3; run++) {
    const { stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--workers', '2', '--batches', '1'])
    assert.equal(stdout.match(/^function of record/gm)?.length, 20_000)
    assert.equal(stderr.match(/^error of record/gm)?.length, 4)
  }
})

test('who reads slowly what functions print in a thread hears all of it, on both streams', async (t) => {
  const program = saying.replace("console.error('error of record', n)", "console.error('e'.repeat(90_000), n)")
  const cli = new Cli(t, ['run', 'app.ts', '--workers', '2', '--batches', '1'], await project(t, { 'app.ts': program }))
  const streams = [cli.child.stdout!, cli.child.stderr!]
  for (const stream of streams) stream.pause()
  const slowly = setInterval(() => {
    for (const stream of streams) stream[stream.isPaused() ? 'resume' : 'pause']()
  }, 150)
  const { stdout, stderr } = await cli.ended
  clearInterval(slowly)
  assert.equal(stdout.match(/^function of record/gm)?.length, 20_000)
  assert.equal(stderr.match(/^e{90000} \d$/gm)?.length, 4)
})

test('B12: who closes stderr early is not waited for, and hears the rest of stdout', async (t) => {
  const cli = new Cli(t, ['run', 'app.ts', '--workers', '2', '--batches', '1'], await project(t, { 'app.ts': saying }))
  cli.child.stderr!.destroy()
  const { code, stdout } = await cli.ended
  assert.equal(code, 0)
  assert.equal(stdout.match(/^function of record/gm)?.length, 20_000)
})

const careless = (fails: string): string => `import { app, milliseconds } from 'sluice'
export default app('careless', milliseconds(50), (ssc) => {
  ssc
    .queueStream([[1, 2, 3, 4], [5]])
    .map((n) => {
      if (n === 3) ${fails}
      return n
    })
    .print()
})
`

test('what fails behind its task ends the thread, is said with its line, and nothing is lost', async (t) => {
  for (const fails of ["void Promise.reject(new Error('late'))", "setTimeout(() => { throw new Error('late') }, 0)"]) {
    const folder = await project(t, { 'app.ts': careless(fails) })
    const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--workers', '2', '--batches', '2'])
    assert.equal(code, 0, stderr)
    assert.match(
      stderr,
      /! thread broken: .* nobody waited for it: Error: late \(app\.ts:6:\d+\); its thread was ended/,
    )
    assert.doesNotMatch(stderr, /process\.exit|Node\.js v/)
    assert.match(stdout, /\n1\n2\n3\n4\n[^]*\n5\n/)
  }
})

const restless = `import { app, milliseconds } from 'sluice'
import { setTimeout as sleep } from 'node:timers/promises'
export default app('restless', milliseconds(50), (ssc) => {
  ssc
    .queueStream([[1]])
    .map((n) => {
      setTimeout(() => { for (;;); }, 100)
      return n
    })
    .foreachRDD(() => sleep(1000))
})
`

test('a thread that does not come to rest after the last batch is ended, and that is said', async (t) => {
  const folder = await project(t, { 'app.ts': restless })
  const { code, stderr } = await sluice(t, folder, ['run', 'app.ts', '--workers', '1', '--batches', '1'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /! thread broken: a thread without a task did not come to rest: it was ended, and /)
})
