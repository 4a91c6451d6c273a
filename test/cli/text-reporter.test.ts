import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchLine } from '../../lib/cli/batch-line.ts'
import { hasColour } from '../../lib/cli/terminal.ts'
import { TextReporter } from '../../lib/cli/text-reporter.ts'
import type { BatchReport, EngineEvent } from '../../lib/model/events.ts'
import { clockTime } from '../../lib/cli/units.ts'

const start = Date.UTC(2026, 0, 1)

const facts: Omit<BatchReport, 'batch' | 'records'> = {
  type: 'batch',
  time: start,
  schedulingDelayMs: 1,
  processingTimeMs: 1,
  stateKeys: null,
  keysByOperator: {},
  outputs: {},
  failedOutputs: [],
  deadLetters: 0,
}

/**
 * What appears on stderr when batches with these numbers of records run, one a second, and what `between` does after
 * each.
 */
function shown(
  records: readonly number[],
  { isTTY, between = () => {} }: { isTTY: boolean; between?: (reporter: TextReporter) => void },
): string {
  let text = ''
  const reporter = new TextReporter(
    { isTTY, write: () => {} },
    {
      isTTY,
      write: (more: string) => {
        text += more
      },
    },
    { version: '0', verbose: false },
  )
  records.forEach((count, i) => {
    reporter.event({
      type: 'batch',
      batch: i + 1,
      time: start + i * 1000,
      records: count,
      schedulingDelayMs: 1,
      processingTimeMs: 1,
      stateKeys: null,
      keysByOperator: {},
      outputs: {},
      failedOutputs: [],
      deadLetters: 0,
    })
    between(reporter)
  })
  reporter.end(0, null)
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/\x1b\[\d*m|\x1b\[1;31m/g, '').replaceAll(/\d\d:\d\d:\d\d/g, 't')
}

test('on a terminal, empty batches rewrite one line, which ends when something else is said', () => {
  const line = (n: number): string => `  …       t        0     ${n} empty batch${n === 1 ? '' : 'es'}`
  assert.equal(
    shown([0, 0, 0, 5], { isTTY: true }),
    `${line(1)}\r\x1b[2K${line(2)}\r\x1b[2K${line(3)}\n  #4      t        5     1 ms     1 ms\n`,
  )
  assert.equal(shown([0], { isTTY: true, between: (reporter) => reporter.print('Time') }), `${line(1)}\n`)
})

test('elsewhere empty batches are mentioned once a minute, and before the next line', () => {
  const lines = shown([...Array.from({ length: 130 }, () => 0), 7], { isTTY: false })
    .trimEnd()
    .split('\n')
  assert.deepEqual(
    lines.map((line) => line.trim().replaceAll(/ +/g, ' ')),
    ['… t 0 61 empty batches', '… t 0 121 empty batches', '… t 0 130 empty batches', '#131 t 7 1 ms 1 ms'],
  )
})

test('an error that repeats is told once, then counted', () => {
  const text = shown([1, 1, 1, 1], { isTTY: false, between: (reporter) => reporter.error(new RangeError('no room')) })
  assert.equal(text.split('✕ E_USER_CODE  RangeError: no room').length - 1, 1)
  assert.match(text, /… same error 3 more times\n$/)
})

test('NO_COLOR wins over FORCE_COLOR, and that over the terminal', () => {
  assert.deepEqual(
    [
      hasColour(true, {}),
      hasColour(false, {}),
      hasColour(false, { FORCE_COLOR: '1' }),
      hasColour(true, { FORCE_COLOR: '0' }),
      hasColour(true, { FORCE_COLOR: '1', NO_COLOR: '1' }),
    ],
    [true, false, true, false, false],
  )
})

test('times are shown where the process is', () => {
  assert.match(clockTime(start), /^\d\d:\d\d:\d\d$/)
})

test('a catch-up that is folded is one line, with what was printed meanwhile; the newest batch is shown', () => {
  let [out, err] = ['', '']
  const write = (more: string): void => {
    err += more
  }
  const reporter = new TextReporter(
    {
      isTTY: false,
      write: (more: string) => {
        out += more
      },
    },
    { isTTY: false, write },
    { version: '0', verbose: false, foldPrints: true },
  )
  reporter.event({ type: 'catching-up', level: 'warn', missed: 3, skipped: 0, message: '3 batch times were missed' })
  for (let i = 1; i <= 4; i++) {
    reporter.print(`batch ${i}\n`)
    reporter.event({ ...facts, batch: i, records: 10 ** i })
  }
  reporter.end(1, null)
  assert.equal(out, 'batch 4\n')
  assert.deepEqual(
    err
      .replaceAll(/\d\d:\d\d:\d\d/g, 't')
      .split('\n')
      .slice(0, -1),
    [
      '  ! catching up: 3 batch times were missed',
      '  … caught up: 3 batches, 1,110 records; 3 prints not shown',
      '  #4      t   10,000     1 ms     1 ms',
    ],
  )
})

test('columns never run together, however long a delay or a number is', () =>
  assert.match(
    batchLine({ ...facts, batch: 1, records: 123_456_789, schedulingDelayMs: 700_000_000 }, new Map(), []),
    /:\d\d 123,456,789 194 h 27 m     1 ms$/,
  ))

/** A reporter of a run that has begun, and what it has written on stderr since the last call. */
function begun({
  isTTY = false,
  dir = '.sluice',
  continues = true,
}: { isTTY?: boolean; dir?: string | null; continues?: boolean } = {}) {
  let err = ''
  const write = (more: string): void => {
    err += more
  }
  const reporter = new TextReporter({ isTTY, write: () => {} }, { isTTY, write }, { version: '0', verbose: false })
  const outputs = [{ name: 'words/print', address: 'printed here', place: 'app.ts:1:1' }]
  const about = { app: 'a', intervalMs: 1000, dir, continues, sources: [], outputs, services: [] }
  reporter.event({ type: 'starting', ...about } as unknown as EngineEvent)
  reporter.event({ type: 'ready', committed: 6, tick: 6, zeroTime: 0 })
  const said = (): string[] => {
    // eslint-disable-next-line no-control-regex
    const lines = err.replaceAll(/\x1b\[[\d;]*m/g, '').replaceAll(/\d\d:\d\d:\d\d/g, 't')
    err = ''
    return lines.split('\n').slice(0, -1)
  }
  said()
  return { reporter, said }
}

test('a stop says which batches it finishes, and how long that takes where one waits for it', () => {
  const { reporter, said } = begun()
  reporter.stopping({ batches: 1, dueMs: 999 })
  reporter.event({ ...facts, batch: 7, records: 0 })
  reporter.stopping({ batches: 3, dueMs: 1000 })
  assert.deepEqual(said(), [
    '  finishing batch #7 …',
    '  …       t        0     1 empty batch',
    '  finishing batches #8 to #10 …, due in 1.00 s; ^C again quits now',
  ])
})

test('the end of a run says what it came to and where its state is, unless it failed', () => {
  const { reporter, said } = begun()
  reporter.event({ ...facts, batch: 7, records: 5 })
  said()
  reporter.end(0, null)
  reporter.end(0, 1500)
  reporter.end(1, 1500)
  assert.deepEqual(said(), [
    '  done: 1 batch, 5 records. State is in .sluice/; the same command goes on with #8.',
    '  done in 1.50 s. State is in .sluice/; the same command goes on with #8.',
  ])
  const anew = begun({ continues: false })
  anew.reporter.end(0, null)
  assert.deepEqual(anew.said(), ['  done: 0 batches, 0 records. State is in .sluice/; the next run begins anew.'])
  const without = begun({ dir: null })
  without.reporter.end(0, null)
  assert.deepEqual(without.said(), ['  done: 0 batches, 0 records. State was in memory.'])
})

test('tasks that were tried again are said with their batch, and no later one', () => {
  const { reporter, said } = begun()
  for (const code of ['E_SOURCE', 'E_SOURCE', 'E_WORKER'])
    reporter.event({ type: 'task-failed', code } as unknown as EngineEvent)
  reporter.event({ ...facts, batch: 7, records: 1 })
  reporter.event({ ...facts, batch: 8, records: 1 })
  const [first, second] = said()
  assert.match(first, /↻ retried 3 times: E_SOURCE, E_WORKER$/)
  assert.doesNotMatch(second, /retried/)
})

test('a search for records to blame is said once where lines stay, and rewritten on a terminal', () => {
  const passes = [1, 2].map(
    (pass) => ({ type: 'narrowing', batch: 7, pass, records: 1234, found: pass - 1 }) as unknown as EngineEvent,
  )
  const { reporter, said } = begun()
  for (const pass of passes) reporter.event(pass)
  const line = '  … batch #7 failed: looking for the records to blame among 1,234, pass'
  assert.deepEqual(said(), [`${line} 1`])
  const terminal = begun({ isTTY: true })
  for (const pass of passes) terminal.reporter.event(pass)
  terminal.reporter.closeLine()
  assert.deepEqual(terminal.said(), [`${line} 1\r\x1b[2K${line} 2, 1 found`])
})

test('a batch that takes long is said every ten seconds, and rewritten on a terminal until its own line comes', () => {
  const under = (batch: number, elapsedMs: number): EngineEvent => ({
    type: 'batch-under-way',
    batch,
    elapsedMs,
    tasks: 4,
    tasksDone: 1,
    records: 9,
    recordsRead: 3,
    leftMs: null,
  })
  const { reporter, said } = begun()
  for (const ms of [2000, 3000, 11_999, 12_000, 13_000]) reporter.event(under(7, ms))
  reporter.event(under(8, 2000))
  assert.deepEqual(
    said().map((line) => line.split(' so far')[0]),
    ['  … #7 takes 2.00 s', '  … #7 takes 12.0 s', '  … #8 takes 2.00 s'],
  )
  const terminal = begun({ isTTY: true })
  terminal.reporter.event(under(7, 2000))
  terminal.reporter.event(under(7, 3000))
  terminal.reporter.event({ ...facts, batch: 7, records: 1 })
  const [all] = terminal.said()
  assert.deepEqual(
    all.split('\r\x1b[2K').map((line) => line.slice(0, '  … #7 takes 2.00 s'.length)),
    ['  … #7 takes 2.00 s', '  … #7 takes 3.00 s', '  #7      t        '],
  )
})

test('a warning that repeats is said once and counted, and what to do about an output once until it is other', () => {
  const { reporter, said } = begun()
  const held = (next: string): EngineEvent => ({
    type: 'output-held',
    level: 'warn',
    output: 'rows',
    owed: 1,
    waitMs: 1,
    code: 'E',
    next: [next],
    message: 'away',
  })
  for (const next of ['look', 'look', 'wait']) reporter.event(held(next))
  reporter.event({ type: 'output-released', level: 'warn', output: 'rows', forMs: 1, message: 'back' })
  reporter.end(1, null)
  assert.deepEqual(said(), [
    '  ! output held: away',
    '  next   look',
    '  next   wait',
    '  … same warning 2 more times',
    '  ! output released: back',
  ])
})
