import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchLine } from '../../lib/cli/batch-line.ts'
import { hasColour } from '../../lib/cli/terminal.ts'
import { TextReporter } from '../../lib/cli/text-reporter.ts'
import type { BatchReport } from '../../lib/model/events.ts'
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
