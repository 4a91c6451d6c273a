import assert from 'node:assert/strict'
import { test } from 'node:test'
import { project, sluice } from './cli.ts'

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
