import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Ended, project, sluice } from '../cli/cli.ts'

const program = (interval: number, define: string, options = '{}'): string => `
import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'

export default app('changing', milliseconds(${interval}), (ssc) => {
  const pairs = ssc.source('numbers', counter).map((n) => [n % 3, n])
  const sum = (ns, before) => ns.reduce((a, b) => a + b, before ?? 0)
  ${define}
}, ${options})
`

const asNumbers = 'pairs.updateStateByKey(sum).output("totals-out", sink())'
const asObjects =
  'pairs.updateStateByKey((ns, total) => ({ sum: sum(ns, total?.sum), from: total?.from ?? 2 }), { ' +
  "name: 'totals', was: 'numbers/updateStateByKey', version: 2, migrate: (sum, from) => ({ sum, from " +
  "}) }).output('totals-out', sink())"
const nothing = 'pairs.output("totals-out", sink())'
const sink = `
import { appendFileSync } from 'node:fs'
const shown = (batch, rows) => rows.map((row) => batch + ' ' + JSON.stringify(row) + '\\n').join('')
const write = async (rows, { batch }) => appendFileSync('out.txt', shown(batch, rows))
const sink = () => ({ name: 'lines', guarantee: 'at-least-once', write })
`

async function run(t: TestContext, folder: string, text: string, ...flags: string[]): Promise<Ended> {
  writeFileSync(join(folder, 'app.ts'), sink + text)
  return sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '3', ...flags])
}

const linesOf = (folder: string): string[] => readFileSync(join(folder, 'out.txt'), 'utf8').trim().split('\n')

const good = (ended: Ended): void => assert.equal(ended.code, 0, ended.stderr)

for (const workers of ['0', '2']) {
  test(
    `another shape of state, another name and another interval in one step, with ${workers} task ` +
      'threads, and verify finds it in order',
    async (t) => {
      const folder = await project(t, {})
      good(await run(t, folder, program(20, asNumbers), '--workers', workers))
      good(await run(t, folder, program(50, asObjects), '--workers', workers))
      const lines = linesOf(folder)
      // 1 to 6 by their remainder: 3 + 6, 1 + 4, 2 + 5.
      assert.deepEqual(lines.filter((line) => line.startsWith('6 ')).sort(), [
        '6 [0,{"sum":9,"from":1}]',
        '6 [1,{"sum":5,"from":1}]',
        '6 [2,{"sum":7,"from":1}]',
      ])
      const refused = await run(t, folder, program(50, asNumbers), '--workers', workers)
      assert.equal(refused.code, 1)
      assert.match(
        refused.stderr,
        /E_STATE_ORPHANED {2}The new code has no place for the state of totals \(updateStateByKey with 3 keys\)\./,
      )
      const { code, stdout } = await sluice(t, folder, ['verify', 'state'])
      assert.equal(code, 0, stdout)
      assert.match(stdout, /6 batches/)
    },
  )
}

test('state may be given up on the command line, or by a setting that does no harm when it stays', async (t) => {
  const folder = await project(t, {})
  good(await run(t, folder, program(20, asNumbers)))
  const refused = await run(t, folder, program(20, nothing))
  assert.match(refused.stderr, /--drop-state numbers\/updateStateByKey/)
  good(await run(t, folder, program(20, nothing), '--drop-state', 'numbers/updateStateByKey'))
  good(await run(t, folder, program(20, asNumbers)))
  const setting = "{ conf: { 'sluice.dropState': 'totals, numbers/updateStateByKey' } }"
  good(await run(t, folder, program(20, asNumbers, setting)))
  // Numbers 7 to 12: those before went with the state that was given up.
  assert.deepEqual(
    linesOf(folder)
      .filter((line) => line.startsWith('12 '))
      .sort(),
    ['12 [0,21]', '12 [1,17]', '12 [2,19]'],
  )
  good(await run(t, folder, program(20, nothing, setting)))
  const { code, stdout } = await sluice(t, folder, ['verify', 'state'])
  assert.equal(code, 0, stdout)
})
