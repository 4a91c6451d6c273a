import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorLines, factsOf } from '../../lib/cli/error-lines.ts'
import { paint } from '../../lib/cli/terminal.ts'
import { framesOf, hasCode, messageOf, SluiceError, stackOf, thrownBy, wordsOf } from '../../lib/model/errors.ts'
import { placeIn } from '../../lib/model/place.ts'
import { reviveError, serialiseError } from '../../lib/runtime/serialised-error.ts'

const plain = paint({ isTTY: false }, {})

/** How many characters regular expressions are given while `act` runs: their work, whatever the clock says. */
function charactersGiven(act: () => void): number {
  const own = RegExp.prototype.exec
  let given = 0
  RegExp.prototype.exec = function count(this: RegExp, text: string): RegExpExecArray | null {
    given += text.length
    return own.call(this, text)
  }
  try {
    act()
  } finally {
    RegExp.prototype.exec = own
  }
  return given
}

/** Everything that looks at an error between the function that threw it and the screen. */
function wholeWay(error: Error): string {
  const plainly = serialiseError(error)
  const revived = reviveError(plainly)
  return errorLines(revived, { paint: plain, verbose: true })
}

const hostile: Readonly<Record<string, (length: number) => string>> = {
  'the beginnings of frames': (length) => 'x\n' + 'at '.repeat(length / 3),
  'open brackets': (length) => 'x\n' + '('.repeat(length),
  'frames in one line': (length) => 'x\n    ' + 'at f (/a.ts:1:2) '.repeat(length / 17),
  'lines like frames': (length) => 'x' + '\n    at f (/a.ts:1:2)'.repeat(length / 21),
  quotations: (length) => `${'"'.repeat(length)} is not valid JSON!`,
  'a record as JSON': (length) => JSON.stringify({ text: 'at ('.repeat(length / 4) }),
}

for (const [what, make] of Object.entries(hostile))
  test(`a message of ${what} costs expressions no more at 400 kB than at 100 kB`, () => {
    const [once, fourTimes] = [100_000, 400_000].map((length) =>
      charactersGiven(() => wholeWay(new Error(make(length)))),
    )
    // The remark of how many characters there were is as long for both.
    assert.ok(fourTimes <= once, `${once} characters, then ${fourTimes}`)
    assert.ok(once < 200_000, `${once} characters`)
  })

test('a record of 200 kB in an error is shown by its beginning, with its length', () => {
  const shown = wholeWay(new Error(`cannot read ${'at '.repeat(70_000)}`))
  assert.match(shown, /E_USER_CODE {2}Error: cannot read at at /)
  assert.match(shown, /… \(210012 characters\)\n {2}where {2}test\/model\/errors\.test\.ts:\d+:\d+/)
  assert.ok(shown.length < 10_000, String(shown.length))
})

test('a message that is bounded stays as it is when it is bounded again', () => {
  const once = messageOf(new Error('x'.repeat(10_000)))
  assert.equal(messageOf(new SluiceError('E_OUTPUT', once)), once)
  assert.equal(messageOf(new SluiceError('E_OUTPUT', 'x'.repeat(10_000))), once)
})

test('an error is said with what caused it, where it does not say that itself', () => {
  const round = new Error('round')
  round.cause = round
  const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
  const cases: readonly (readonly [error: Error, words: string])[] = [
    [new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:80') }), 'connect ECONNREFUSED'],
    [new TypeError('fetch failed', { cause: refused }), 'fetch failed: ECONNREFUSED'],
    [new Error('a', { cause: new Error('b', { cause: new Error('c') }) }), 'a: b: c'],
    [new Error('no answer (refused)', { cause: new Error('refused') }), 'no answer (refused)'],
    [new Error('a', { cause: { record: 'hunter2' } }), 'a'],
    [new SluiceError('E_OUTPUT', 'said', { cause: new Error('hunter2') }), 'said'],
    [round, 'round'],
  ]
  for (const [error, words] of cases) {
    assert.ok(messageOf(error).includes(words), messageOf(error))
    assert.doesNotMatch(messageOf(error) + stackOf(error), /hunter2/)
  }
  const parsing = new Error('bad line', { cause: caughtFrom(() => JSON.parse('hunter2-secret')) })
  assert.equal(messageOf(parsing), 'bad line: The text is not valid JSON')
})

test('the words of JSON.parse lose what they quote, in the message and in the stack', () => {
  for (const text of ['hunter2-secret', '{"a": hunter2', '["hunter2"', 'hunter2'.repeat(1000)]) {
    const error = caughtFrom(() => JSON.parse(text))
    assert.doesNotMatch(messageOf(error) + stackOf(error), /hunter2/, text)
  }
})

test('a place is found in frames of functions, of modules and of awaits, and not in the message', () => {
  const stack = (frame: string): string => `Error: at wrong (/nowhere.ts:9:9)\n    at node:internal/x:1:1\n    ${frame}`
  assert.equal(placeIn(stack('at f (file:///app/a.ts:1:2)')), '/app/a.ts:1:2')
  assert.equal(placeIn(stack('at file:///app/a.ts:1:2')), '/app/a.ts:1:2')
  assert.equal(placeIn(stack('at async file:///app/a.ts:1:2')), '/app/a.ts:1:2')
  assert.equal(placeIn(stack('at new A (/app/a b.ts:1:2)')), '/app/a b.ts:1:2')
  assert.equal(placeIn(stack('at eval (eval at f (/app/a.ts:1:2), <anonymous>:1:1)')), null)
  const error = new Error('one\n    at wrong (/nowhere.ts:9:9)')
  assert.match(factsOf(error).where.place ?? '', /errors\.test\.ts/)
})

function caughtFrom(act: () => void): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  return assert.fail('nothing was thrown')
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
const throwing = (property: string): Error =>
  Object.defineProperty(new Error('lost'), property, {
    get() {
      throw new Error('no answer')
    },
  })

const odd: readonly [what: string, thrown: unknown, words: string][] = [
  ['nothing', undefined, 'undefined'],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['an object without a prototype', Object.create(null), 'a value of type object without a text'],
  ['a proxy that was revoked', revoked(), 'a value of type object without a text'],
  ['a toString that throws', { toString: () => JSON.parse('') as string }, 'a value of type object without a text'],
  ['a message that throws', throwing('message'), 'Error: undefined'],
  ['a name that throws', throwing('name'), 'Error: lost'],
  ['a code that throws', throwing('code'), 'Error: lost'],
  ['a stack that throws', throwing('stack'), 'Error: lost'],
  ['a message that is a symbol', Object.assign(new Error('x'), { message: Symbol('m') }), 'Error: Symbol(m)'],
  ['a name that is a symbol', Object.assign(new Error('lost'), { name: Symbol('s') }), 'Error: lost'],
]

for (const [what, thrown, words] of odd)
  test(`${what}, thrown, has words, a stack and a form for other processes`, () => {
    assert.equal(wordsOf(thrown), words)
    assert.equal(typeof stackOf(thrown), 'string')
    assert.ok(Array.isArray(framesOf(thrown)))
    assert.equal(serialiseError(thrown).code, 'E_USER_CODE')
    assert.equal(hasCode(thrown, 'E_SOURCE'), false)
    const about = { code: 'E_SOURCE', about: '"Orders" failed in cut()' } as const
    assert.equal(thrownBy('source', thrown, about, {}).message, `"Orders" failed in cut(): ${words}`)
  })
