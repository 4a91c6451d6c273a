import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasColour } from '../../lib/cli/terminal.ts'
import { TextReporter } from '../../lib/cli/text-reporter.ts'
import { clockTime } from '../../lib/cli/units.ts'

const start = Date.UTC(2026, 0, 1)

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
