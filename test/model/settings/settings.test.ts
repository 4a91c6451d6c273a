import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { settingsPage } from '../../../infra/settings-page.ts'
import { hasCode, SluiceError } from '../../../lib/model/errors.ts'
import { checkSettings, settingWarnings } from '../../../lib/model/settings/check.ts'
import type { Setting } from '../../../lib/model/settings/kinds.ts'
import { readSetting, type SettingName } from '../../../lib/model/settings/read.ts'
import { settings } from '../../../lib/model/settings/table.ts'
import { SparkConf } from '../../../lib/model/spark-conf.ts'

interface Row {
  /** What the setting comes to where nobody sets it. */
  readonly initial: unknown
  /** What can be typed, with what it comes to: times in ms, sizes in bytes. */
  readonly read: readonly (readonly [typed: string | number | boolean, value: unknown])[]
  /** Nothing of its kind: `E_CONF`. */
  readonly malformed?: readonly string[]
  /** Out of its range: `E_LIMIT`. */
  readonly refused?: readonly (string | number)[]
}

const switches = (initial: boolean): Row => ({
  initial,
  read: [
    [true, true],
    ['false', false],
  ],
  malformed: ['yes', 'TRUE', '1', ''],
})
const noNumber = ['', 'ten', 'NaN', '10s', 'Infinity', '0x']
const noTime = ['', 'soon', '1.5s', '10 s', '10parsecs', 's']

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Bare numbers count in Spark's unit: `getTimeAsSeconds` for how long a file may take, `getTimeAsMs` for the rest. */
const rows: Record<SettingName, Row> = {
  'spark.app.name': { initial: 'sluice', read: [['shop', 'shop']] },
  'spark.master': { initial: 'local[*]', read: [['local[2]', 'local[2]']] },
  'spark.default.parallelism': {
    initial: null,
    read: [[8, 8]],
    malformed: noNumber,
    refused: [0, -1, 1.5, 65_537],
  },
  'spark.task.maxFailures': {
    initial: null,
    read: [[4, 4]],
    malformed: noNumber,
    refused: [0, -1, 1001, 2.5],
  },
  'spark.speculation': switches(false),
  'spark.speculation.quantile': { initial: 0.9, read: [['0.5', 0.5]], malformed: noNumber, refused: [-0.1, 1.1] },
  'spark.speculation.multiplier': { initial: 3, read: [[1.5, 1.5]], malformed: noNumber, refused: [0.9, 1001] },
  'spark.speculation.interval': {
    initial: 100,
    read: [
      [50, 50],
      ['2s', 2000],
    ],
    malformed: noTime,
    refused: ['0', '9ms', '-1s', '2h'],
  },
  'spark.speculation.minTaskRuntime': {
    initial: 100,
    read: [
      [30, 30],
      ['0ms', 0],
    ],
    malformed: noTime,
    refused: ['-1', '2d'],
  },
  'spark.streaming.backpressure.enabled': switches(false),
  'spark.streaming.backpressure.initialRate': {
    initial: 0,
    read: [[50, 50]],
    malformed: noNumber,
    refused: [-1, 0.5, '1e300'],
  },
  'spark.streaming.backpressure.rateEstimator': {
    initial: 'pid',
    read: [['pid', 'pid']],
    malformed: ['PID', 'best', ''],
  },
  'spark.streaming.backpressure.pid.proportional': {
    initial: 1,
    read: [['0.5', 0.5]],
    malformed: noNumber,
    refused: [-1, 1001],
  },
  'spark.streaming.backpressure.pid.integral': {
    initial: 0.2,
    read: [[0, 0]],
    malformed: noNumber,
    refused: [-1, 1001],
  },
  'spark.streaming.backpressure.pid.derived': { initial: 0, read: [[1, 1]], malformed: noNumber, refused: [-1, 1001] },
  'spark.streaming.backpressure.pid.minRate': {
    initial: 100,
    read: [['0.5', 0.5]],
    malformed: noNumber,
    refused: [0, -1, 2e9],
  },
  'spark.streaming.receiver.maxRate': {
    initial: 0,
    read: [
      [1000, 1000],
      [-1, -1],
    ],
    malformed: noNumber,
    refused: [0.5, '9223372036854775807'],
  },
  'spark.streaming.kafka.maxRatePerPartition': {
    initial: 0,
    read: [
      [1000, 1000],
      [0, 0],
    ],
    malformed: noNumber,
    refused: [-1, 0.5, '9223372036854775807'],
  },
  'spark.streaming.kafka.minRatePerPartition': {
    initial: 1,
    read: [
      [1000, 1000],
      [0, 0],
    ],
    malformed: noNumber,
    refused: [-1, 0.5, '9223372036854775807'],
  },
  'spark.streaming.blockInterval': {
    initial: 200,
    read: [
      [50, 50],
      ['1s', 1000],
    ],
    malformed: noTime,
    refused: ['0ms', 0, '-5ms', '2h', '999us'],
  },
  'spark.streaming.blockQueueSize': {
    initial: 10,
    read: [[1, 1]],
    malformed: noNumber,
    refused: [0, -1, 1.5, 100_001],
  },
  'spark.streaming.receiverRestartDelay': {
    initial: 2000,
    read: [
      [500, 500],
      ['1m', 60_000],
    ],
    malformed: noTime,
    refused: [0, '-1s', '2d'],
  },
  'spark.streaming.fileStream.minRememberDuration': {
    initial: null,
    read: [
      [300, 300_000],
      ['300', 300_000],
      ['90s', 90_000],
      ['1500ms', 1500],
      ['2min', 120_000],
    ],
    malformed: noTime,
    refused: [0, '0s', '999ms', '4000d'],
  },
  'spark.streaming.minRememberDuration': {
    initial: 60_000,
    read: [[300, 300_000]],
    malformed: noTime,
    refused: ['0s'],
  },
  'spark.streaming.checkpoint.directory': { initial: null, read: [['/tmp/x', '/tmp/x']] },
  'spark.streaming.stopGracefullyOnShutdown': switches(false),
  'spark.streaming.stopSparkContextByDefault': switches(true),
  'sluice.output.hold': {
    initial: 'sinks',
    read: [
      ['all', 'all'],
      ['none', 'none'],
    ],
    malformed: ['some', ''],
  },
  'sluice.output.retryWait': {
    initial: 1000,
    read: [
      [50, 50],
      ['2s', 2000],
    ],
    malformed: noTime,
    refused: ['0', '9ms', '2h'],
  },
  'sluice.output.retryWaitMax': {
    initial: 300_000,
    read: [['10s', 10_000]],
    malformed: noTime,
    refused: ['0', '9ms', '2h'],
  },
  'sluice.output.backlogMax': { initial: 100, read: [[1000, 1000]], malformed: noNumber, refused: [0, 1001, 1.5] },
  'sluice.source.attempts': { initial: 20, read: [[1, 1]], malformed: noNumber, refused: [0, 1_000_001] },
  'sluice.onError': {
    initial: 'fail',
    read: [['dead-letter', 'dead-letter']],
    malformed: ['dead-letters', 'skip', ''],
  },
  'sluice.trigger': { initial: 'interval', read: [['events', 'events']], malformed: ['event', 'schedule', ''] },
  'sluice.task.timeout': {
    initial: 0,
    read: [
      [500, 500],
      ['2s', 2000],
    ],
    malformed: noTime,
    refused: ['-1s', '2d'],
  },
  'sluice.dropState': {
    initial: [],
    read: [
      ['visits', ['visits']],
      [' visits, totals ,', ['visits', 'totals']],
    ],
  },
  'sluice.state.keyBytesMax': {
    initial: 32 * 2 ** 20,
    read: [
      [4096, 4096],
      ['512k', 512 * 1024],
      ['1g', 2 ** 30],
      ['8MB', 8 * 2 ** 20],
    ],
    malformed: ['', 'big', '1.5m', '10x'],
    refused: [0, -1, 1023, '3g'],
  },
  'sluice.catchUpMax': { initial: 1000, read: [[0, 0]], malformed: noNumber, refused: [-1, 1_000_001, 1.5] },
  'sluice.state.compactApiece': { initial: 16_384, read: [[8, 8]], malformed: noNumber, refused: [0, 1_000_000_001] },
  'sluice.keepBatches': { initial: 2, read: [[100, 100]], malformed: noNumber, refused: [1, 0, 100_001] },
  'sluice.receiver.relaunch': switches(false),
}

for (const name of Object.keys(settings) as SettingName[]) {
  const { initial, read, malformed = [], refused = [] } = rows[name]
  const set = (typed: string | number | boolean): SparkConf => new SparkConf({ [name]: typed })

  test(`${name} is read in Spark's unit, and refused outside its kind and range with what to type`, () => {
    assert.deepEqual(readSetting(new SparkConf(), name), initial)
    for (const [typed, value] of read) {
      assert.deepEqual(readSetting(set(typed), name), value, String(typed))
      assert.deepEqual(checkSettings(set(typed).getAll()), [], String(typed))
    }
    for (const [values, code] of [
      [malformed, 'E_CONF'],
      [refused, 'E_LIMIT'],
    ] as const)
      for (const typed of values) {
        const error = refusalOf(set(typed))
        assert.equal(error.code, code, `${typed}: ${error.message}`)
        assert.equal(error.where.detail, name)
        assert.ok(error.message.includes(name) && error.next[0].includes(name))
      }
  })
}

/** The least and the most of each amount: times in ms, sizes in bytes. */
const bounds: Partial<Record<SettingName, readonly [least: number, most: number]>> = {
  'spark.default.parallelism': [1, 65_536],
  'spark.task.maxFailures': [1, 1000],
  'spark.speculation.quantile': [0, 1],
  'spark.speculation.multiplier': [1, 1000],
  'spark.speculation.interval': [10, HOUR_MS],
  'spark.speculation.minTaskRuntime': [0, DAY_MS],
  'spark.streaming.backpressure.initialRate': [0, 1e9],
  'spark.streaming.backpressure.pid.proportional': [0, 1000],
  'spark.streaming.backpressure.pid.integral': [0, 1000],
  'spark.streaming.backpressure.pid.derived': [0, 1000],
  'spark.streaming.backpressure.pid.minRate': [0.001, 1e9],
  'spark.streaming.receiver.maxRate': [-1e9, 1e9],
  'spark.streaming.kafka.maxRatePerPartition': [0, 1e9],
  'spark.streaming.kafka.minRatePerPartition': [0, 1e9],
  'spark.streaming.blockInterval': [1, HOUR_MS],
  'spark.streaming.blockQueueSize': [1, 100_000],
  'spark.streaming.receiverRestartDelay': [1, DAY_MS],
  'spark.streaming.fileStream.minRememberDuration': [1000, 3650 * DAY_MS],
  'spark.streaming.minRememberDuration': [1000, 3650 * DAY_MS],
  'sluice.output.retryWait': [10, HOUR_MS],
  'sluice.output.retryWaitMax': [10, HOUR_MS],
  'sluice.output.backlogMax': [1, 1000],
  'sluice.source.attempts': [1, 1_000_000],
  'sluice.task.timeout': [0, DAY_MS],
  'sluice.state.keyBytesMax': [1024, 2 * 2 ** 30],
  'sluice.state.compactApiece': [1, 1e9],
  'sluice.catchUpMax': [0, 1_000_000],
  'sluice.keepBatches': [2, 100_000],
}

test('the least and the most of each amount are taken, and what lies just beyond is refused', () => {
  for (const name of Object.keys(settings) as SettingName[]) {
    const setting: Setting = settings[name]
    if (!('min' in setting)) continue
    const [least, most] = bounds[name]!
    const conf = (amount: number): SparkConf =>
      new SparkConf({ [name]: setting.kind === 'time' ? `${amount}ms` : String(amount) })
    for (const amount of [least, most]) assert.equal(readSetting(conf(amount), name), amount, name)
    const beyond = setting.kind === 'fraction' ? 0.0001 : 1
    for (const amount of [least - beyond, most + beyond])
      assert.throws(() => readSetting(conf(amount), name), { code: 'E_LIMIT' }, `${name}: ${amount}`)
  }
})

function refusalOf(conf: SparkConf): SluiceError {
  try {
    checkSettings(conf.getAll())
  } catch (error) {
    if (error instanceof SluiceError) return error
  }
  return assert.fail(`${conf.toDebugString()} was not refused`)
}

test('a name below sluice. that is no setting is refused with the nearest', () => {
  const misspelt: Record<string, string> = {
    'sluice.onErorr': 'sluice.onError',
    'sluice.catchupMax': 'sluice.catchUpMax',
    'sluice.keyBytesMax': 'sluice.state.keyBytesMax',
    'Sluice.task.timeout': 'sluice.task.timeout',
  }
  for (const [name, meant] of Object.entries(misspelt))
    assert.throws(() => checkSettings([[name, '1']]), {
      code: 'E_CONF',
      message: `There is no setting ${name}. Did you mean ${meant}?`,
    })
})

test('the name of a setting without its prefix is refused with the whole name', () => {
  const short: Record<string, string> = {
    onError: 'sluice.onError',
    catchUpMax: 'sluice.catchUpMax',
    'output.hold': 'sluice.output.hold',
    retryWait: 'sluice.output.retryWait',
    'default.parallelism': 'spark.default.parallelism',
    'streaming.backpressure.enabled': 'spark.streaming.backpressure.enabled',
    blockInterval: 'spark.streaming.blockInterval',
    appName: 'spark.app.name',
    master: 'spark.master',
  }
  for (const [name, meant] of Object.entries(short))
    assert.throws(() => checkSettings([[name, '1']]), {
      code: 'E_CONF',
      message: `There is no setting ${name}. Did you mean ${meant}?`,
    })
})

test('a first wait of outputs above the longest is refused, which would be the one that counts', () => {
  for (const conf of [{ wait: '10m' }, { wait: '2s', longest: '1s' }, { wait: '301s', longest: '5m' }]) {
    const error = refusalOf(
      new SparkConf({ 'sluice.output.retryWait': conf.wait, 'sluice.output.retryWaitMax': conf.longest }),
    )
    assert.equal(error.code, 'E_LIMIT')
    assert.equal(error.next[0], `conf.set('sluice.output.retryWaitMax', '${conf.wait}')`)
  }
  for (const [wait, longest] of [['5m'], ['1s', '1000ms'], [undefined, '10ms']])
    assert.deepEqual(
      checkSettings(new SparkConf({ 'sluice.output.retryWait': wait, 'sluice.output.retryWaitMax': longest }).getAll()),
      [],
    )
})

test('a name of Spark that is a letter or two off is refused with the right one', () => {
  const misspelt: Record<string, string> = {
    'spark.streaming.blockinterval': 'spark.streaming.blockInterval',
    'spark.streaming.backpresure.enabled': 'spark.streaming.backpressure.enabled',
    'spark.streaming.concurentJobs': 'spark.streaming.concurrentJobs',
    'spark.default.paralellism': 'spark.default.parallelism',
    'spark.speculations': 'spark.speculation',
  }
  for (const [name, meant] of Object.entries(misspelt))
    assert.throws(
      () => checkSettings([[name, '1']]),
      (error) => hasCode(error, 'E_CONF') && (error as Error).message.endsWith(`Did you mean ${meant}?`),
      name,
    )
})

test('names of Spark and of the program pass; what means nothing here is said', () => {
  const foreign = ['spark.mykey', 'spark.serializer', 'spark.executor.memory', 'mine', 'streaming.blockinterval']
  assert.deepEqual(checkSettings(foreign.map((name) => [name, 'x'])), [])
  assert.deepEqual(
    checkSettings([
      ['spark.streaming.concurrentJobs', '4'],
      ['spark.streaming.kafka.maxRetries', '4'],
    ]),
    [
      'The setting spark.streaming.concurrentJobs changes nothing here: batches run one after the other, their tasks ' +
        'beside each other.',
      'The setting spark.streaming.kafka.maxRetries is not known here and changes nothing.',
    ],
  )
})

test('a variable that begins with SLUICE_ and that nobody reads is said, with the nearest', () => {
  assert.deepEqual(settingWarnings(new SparkConf(), { SLUICE_DIR: 'x', PATH: '', SLUICE_SLOT: '3' }), [
    'The environment variable SLUICE_SLOT is read by nobody. Did you mean SLUICE_SLOTS?',
  ])
})

test('docs/settings.md is what `npm run docs:settings` writes', () => {
  const page = readFileSync(new URL('../../../docs/settings.md', import.meta.url), 'utf8')
  assert.equal(page, settingsPage())
})
