import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TextReporter } from '../../lib/cli/text-reporter.ts'
import { project, sluice } from './cli.ts'

/** One batch of four splits of ten records, each of which takes its time. */
const slow = `import { app, seconds } from 'sluice'
const slow = {
  name: 'Slow',
  cut: async ({ position }) =>
    position === null ? { position: 1, splits: [0, 1, 2, 3], records: 40 } : { position: 1, splits: [], records: 0 },
  async *read(at) {
    await new Promise((resolve) => setTimeout(resolve, 1500))
    yield Array.from({ length: 10 }, (_, i) => at * 10 + i)
  },
}
export default app('slow', seconds(1), (ssc) => {
  ssc.source('slow', slow).map((n) => [n % 3, n]).reduceByKey((a, b) => a + b).print()
})
`

interface UnderWay {
  readonly doing?: string
  readonly batch: number
  readonly tasks: number
  readonly tasksDone: number
  readonly records: number
  readonly recordsRead: number
}

for (const workers of ['0', '2'])
  test(`a batch that takes long says how far it is, with ${workers} threads for tasks`, async (t) => {
    const folder = await project(t, { 'app.ts': slow })
    const { code, stdout } = await sluice(t, folder, [
      'run',
      'app.ts',
      '--batches',
      '1',
      '--workers',
      workers,
      '--json',
    ])
    assert.equal(code, 0)
    const said = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as UnderWay)
      .filter(({ doing }) => doing === 'batch-under-way')
    assert.ok(said.length >= 1, stdout)
    for (const { batch, tasks, records } of said) {
      assert.deepEqual([batch, records], [1, 40])
      assert.ok(tasks >= 5)
    }
    if (workers === '0') assert.ok(said.at(-1)!.recordsRead >= 20 && said.at(-1)!.tasksDone >= 2)
  })

test('elsewhere than on a terminal a long batch is mentioned at once and every ten seconds', async (t) => {
  const folder = await project(t, { 'app.ts': slow })
  const { stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'])
  const lines = stderr.split('\n').filter((line) => line.startsWith('  … #1 takes'))
  assert.equal(lines.length, 1, stderr)
  assert.match(lines[0], /takes \d\.\d\d s so far: \d of \d+ tasks, \d+ of 40 records, \d batch(?:es wait| waits)$/)
})

test('on a terminal its line is rewritten, and gives way to that of the batch', () => {
  let text = ''
  const err = { isTTY: true, write: (more: string) => void (text += more) }
  const reporter = new TextReporter({ isTTY: true, write: () => {} }, err, { version: '0', verbose: false })
  const facts = { type: 'batch-under-way', batch: 5, tasks: 8, records: null, leftMs: null } as const
  reporter.event({ ...facts, elapsedMs: 2000, tasksDone: 1, recordsRead: 10 })
  reporter.event({ ...facts, elapsedMs: 3000, tasksDone: 3, recordsRead: 1234, leftMs: 5000 })
  reporter.print('')
  reporter.end(1, null)
  // eslint-disable-next-line no-control-regex
  assert.deepEqual(text.replaceAll(/\x1b\[\d+m/g, '').split('\r\x1b[2K'), [
    '  … #5 takes 2.00 s so far: 1 of 8 tasks, 10 records',
    '  … #5 takes 3.00 s so far: 3 of 8 tasks, 1,234 records, about 5.00 s left',
    '',
  ])
})
