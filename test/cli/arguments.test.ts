import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from '../../lib/cli/arguments.ts'
import { closest } from '../../lib/model/nearest.ts'

const flags = {
  dir: { kind: 'text' },
  batches: { kind: 'number', min: 1, max: 1000 },
  json: { kind: 'switch' },
} as const

test('flags may stand before, between and behind words; behind -- nothing is a flag', () => {
  const { values, words } = readArguments(
    'run',
    ['--json', 'app.ts', '-5', '--batches', '3', 'x', '--dir=d', '--', '--json', '--', '-1'],
    flags,
  )
  assert.deepEqual([values, words], [{ dir: 'd', batches: 3, json: true }, ['app.ts', '-5', 'x', '--json', '--', '-1']])
})

test(
  'B12: numbers are digits within their range, and a flag that wants a value does not take the next ' + 'flag for one',
  () => {
    for (const bad of ['0', '1001', '-1', '1e2', '12abc', '0x10', ' 5', '5.0', '', '٣'])
      assert.throws(() => readArguments('run', ['--batches', bad], flags), { code: 'E_USAGE' }, bad)
    assert.throws(() => readArguments('run', ['--dir', '--json'], flags), {
      code: 'E_USAGE',
      message: '--dir needs a value.',
    })
    assert.throws(() => readArguments('run', ['--json=yes'], flags), {
      code: 'E_USAGE',
      message: '--json takes no value.',
    })
    assert.throws(() => readArguments('run', ['-x'], flags), { code: 'E_UNKNOWN_OPTION' })
    assert.throws(() => readArguments('run', ['--__proto__'], flags), { code: 'E_UNKNOWN_OPTION' })
  },
)

test('a flag that is given twice is refused: one of its values would have no effect', () => {
  for (const twice of [
    ['--dir', 'a', '--dir', 'b'],
    ['--batches=1', '--batches=1'],
    ['--json', '--json'],
  ])
    assert.throws(() => readArguments('run', twice, flags), { code: 'E_USAGE', message: /is given twice\.$/ })
  assert.equal(readArguments('run', ['--dir', 'a', '--', '--dir', 'b'], flags).values.dir, 'a')
})

test('the nearest word is suggested only when it is near', () => {
  assert.deepEqual(
    [closest('rnu', ['run', 'dev']), closest('verfy', ['verify', 'explain']), closest('zzz', ['run', 'dev'])],
    ['run', 'verify', null],
  )
})
