import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cli, project, sluice } from './cli.ts'

const program = `
import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'

export default app('numbers', milliseconds(100), (ssc) => {
  ssc.source('numbers', counter).map((n) => 'n ' + n).print()
})
`

test('a run that is paused says so, begins no batch, and goes on where it was: no number is left out', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  const run = new Cli(t, ['run', 'app.ts', '--dir', 'state'], folder)
  await run.prints(/n 3\n/)
  const paused = await sluice(t, folder, ['pause', 'state'])
  assert.equal(paused.code, 0, paused.stderr)
  assert.match(
    paused.stdout,
    /^numbers begins no batch after #\d+ or the one that runs; nothing is lost\n {2}next {3}sluice resume state\n$/,
  )
  await run.says('paused since')
  assert.match(run.stderr, / paused since \d{4}-.* by .+: no batch begins until it is resumed/)

  const status = await sluice(t, folder, ['status', 'state'])
  assert.equal(status.code, 4)
  assert.match(status.stdout, /^numbers {2}state {3}✕ paused since .* by .*#\d+.*\n {2}next {3}sluice resume state\n$/)
  assert.match((await sluice(t, folder, ['pause', 'state'])).stdout, /^numbers is paused since .* already\n$/)

  const before = run.stdout
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(run.stdout, before)
  const last = Number([...before.matchAll(/n (\d+)\n/g)].at(-1)![1])

  assert.match((await sluice(t, folder, ['resume', 'state'])).stdout, /^numbers goes on with #\d+, as after a break\n$/)
  await run.says('goes on: it was resumed')
  await run.prints(new RegExp(`n ${last + 3}\n`))
  run.child.kill('SIGINT')
  const { code, stdout } = await run.ended
  assert.equal(code, 0)
  const shown = [...stdout.matchAll(/n (\d+)\n/g)].map(([, n]) => Number(n))
  assert.deepEqual(
    shown,
    shown.map((_, i) => i + 1),
  )
  assert.match((await sluice(t, folder, ['resume', 'state'])).stdout, /^numbers was not paused\n$/)
  assert.equal((await sluice(t, folder, ['verify', 'state'])).code, 0)
})

test('a run that starts while the app is paused waits, and ^C ends it at once', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  assert.equal((await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '2'])).code, 0)
  assert.equal((await sluice(t, folder, ['pause', 'state'])).code, 0)
  const run = new Cli(t, ['run', 'app.ts', '--dir', 'state'], folder)
  await run.says('paused since')
  run.child.kill('SIGINT')
  assert.equal((await run.ended).code, 0)
  assert.equal(run.stdout, '')
  const idle = await sluice(t, folder, ['status', 'state', '--json'])
  const { state, batch, type } = JSON.parse(idle.stdout) as Record<string, unknown>
  assert.deepEqual([type, state, batch], ['status', 'paused', 2])
})

test('what stands before pause, resume and status that is no app is said, with exit code 2', async (t) => {
  const folder = await project(t, {})
  for (const command of ['pause', 'resume', 'status']) {
    const nowhere = await sluice(t, folder, [command, 'nowhere'])
    assert.deepEqual([nowhere.code, nowhere.stdout], [2, ''])
    assert.match(nowhere.stderr, /There is no directory nowhere\./)
    assert.match(
      (await sluice(t, folder, [command])).stderr,
      new RegExp(`${command} needs the directory of a run, or --stage`),
    )
  }
})
