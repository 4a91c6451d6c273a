import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SparkConf } from '../../lib/index.ts'
import { engineSettings } from '../../lib/runtime/settings.ts'
import { project, sluice } from '../cli/cli.ts'
import { assertRefusal, thrownBy } from '../support/secret.ts'

test('settings that are left out have their defaults', () => {
  assert.deepEqual(engineSettings(new SparkConf()), {
    catchUpMax: 1000,
    keepBatches: 2,
    attemptsMax: null,
    keyBytesMax: 32 * 2 ** 20,
    compactApiece: 16_384,
    onError: 'fail',
    speculation: null,
    dropState: [],
    outages: { hold: 'sinks', waitMs: 1000, waitMaxMs: 300_000, backlogMax: 100 },
    sourceAttemptsMax: 20,
    taskTimeoutMs: null,
  })
})

const out: readonly [setting: string, values: readonly string[]][] = [
  ['sluice.catchUpMax', ['-1', '1000001', '1.5', '1e9']],
  ['sluice.keepBatches', ['0', '1', '-5', '100001']],
  ['spark.task.maxFailures', ['0', '-1', '1001', '2.5']],
  ['sluice.state.keyBytesMax', ['0', '1023', '3g', '-1']],
]
for (const [setting, values] of out) {
  test(`B14: ${setting} out of its range is E_LIMIT with the range`, async () => {
    for (const value of values) {
      const error = assertRefusal(
        await thrownBy(() => engineSettings(new SparkConf({ [setting]: value }))),
        'E_LIMIT',
        /must be a (whole number|size) from \w+ to \w+\.$/,
      )
      assert.ok(error.message.includes(setting))
      assert.equal(error.where.detail, setting)
    }
    for (const value of ['many', '', '10s', 'NaN', '0x'])
      assertRefusal(
        await thrownBy(() => engineSettings(new SparkConf({ [setting]: value }))),
        'E_CONF',
        new RegExp(setting.replaceAll('.', '\\.')),
      )
  })
}

test('B14: a program with such a setting ends before anything starts, with exit code 1', async (t) => {
  const folder = await project(t, {
    'app.ts': `import { milliseconds, StreamingContext } from 'sluice'
import { counter } from './numbers.ts'
const ssc = new StreamingContext({ appName: 'limits', master: 'local[1]', 'sluice.keepBatches': 1 }, milliseconds(20))
ssc.source('numbers', counter).print()
ssc.start()
await ssc.awaitTermination()
`,
  })
  const { code, stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(
    stderr,
    new RegExp(
      String.raw`^✕ E_LIMIT {2}The setting sluice\.keepBatches is 1; it must be a whole number from 2 to 100000\.\n` +
        String.raw` {2}where {2}app\.ts:\d+:\d+ · sluice\.keepBatches\n {2}did {4}nothing was started\n`,
    ),
  )
})

test('B14: a variable SLUICE_… that nobody reads, and a setting without effect, are said at the start', async (t) => {
  const folder = await project(t, {
    'app.ts': `import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('warned', milliseconds(20), (ssc) => {
  ssc.source('numbers', counter).print()
}, { conf: { 'spark.streaming.concurrentJobs': 2 } })
`,
  })
  const { code, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'], { SLUICE_DRI: 'state' })
  assert.equal(code, 0, stderr)
  assert.match(stderr, /SLUICE_DRI is read by nobody\. Did you mean SLUICE_DIR\?/)
  assert.match(stderr, /spark\.streaming\.concurrentJobs changes nothing here/)
})
