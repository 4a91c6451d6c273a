import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  clashingSources,
  kindOf,
  type ObjectKind,
  ObjectKeys,
  parseKey,
  stableKey,
} from '../../lib/checkpoint/object-keys.ts'
import { SluiceError, StreamingContext } from '../../lib/index.ts'
import { batchSource } from '../support/run.ts'
import { NAMES } from '../support/kinds-program.ts'

const keys = new ObjectKeys('app', 'i1')
const RUN = '0123456789abcdef0123456789abcdef'

/** A key of each kind, with a name of the program's in it where there is room for one. */
const madeFor = (name: string): readonly (readonly [ObjectKind, string, number | null])[] => [
  ['shuffle', keys.shuffle(12, 0, 0, 's0.t1', `${RUN}.0`), 12],
  ['state', keys.state(name, 12, 's0.t1', `${RUN}.0`, 's'), 12],
  ['state', keys.retained(name, 12, 3, `${RUN}.0`), 12],
  ['output', keys.output(name, 12, 3, `${RUN}.0`), 12],
  ['dead-letters', keys.deadLetters(12, `${RUN}.0`), 12],
  ['dead-letter-command', keys.deadLetterCommand(RUN), null],
  ['output-command', keys.outputCommand(RUN), null],
  ['plan', keys.plan(12, RUN), 12],
  ['manifest', keys.manifest(12, RUN), 12],
  ['graph', keys.graph(12, RUN), 12],
  ['message', keys.message(12, RUN), 12],
]

test('a key says what object it names, whatever sources, operators and outputs are called', () => {
  for (const name of [...NAMES, 'in/window/updateStateByKey', 'st/blk', 'ff/7/s0.0', 'Käse & Brot'])
    for (const [kind, key, batch] of madeFor(name))
      assert.deepEqual(parseKey(key), { app: 'app', inc: 'i1', kind, batch, writer: RUN }, key)
  for (const name of NAMES) assert.equal(kindOf(`${keys.source(name)}blocks/r/1-1`), 'received')
})

test('an incarnation or a kind that looks like a number is no batch', () => {
  for (const key of ['app/123/st/x', 'app/123/st/a/x', 'app/123/out/x', 'app/123/man/x'])
    assert.equal(parseKey(key)!.batch, null, key)
})

test('what is no key of an object has no kind', () => {
  for (const text of [
    '',
    'app',
    'app/i1',
    'app/i1/st',
    'app/i1/nothing/x',
    'app//st/x',
    '../i1/st/x',
    'app/i1/st/../x',
  ])
    assert.equal(parseKey(text), null, text)
  assert.equal(kindOf(undefined), null)
})

test('a key without what is random in it is the same for every incarnation and every run', () => {
  assert.equal(stableKey(new ObjectKeys('app', RUN).output('pages', 12, 0, `${RUN}.0`)), 'app/out/12/pages/p0')
})

test('two sources of which one would sweep what the other keeps are refused by name', () => {
  assert.equal(clashingSources(['a', 'b', 'a-2']), null)
  assert.deepEqual(clashingSources(['käse', 'kæse']), ['käse', 'kæse'])
  assert.deepEqual(clashingSources(['orders/seen', 'orders']), ['orders', 'orders/seen'])
  const context = new StreamingContext({ 'spark.app.name': 'test' }, 1000)
  for (const name of ['Käse', 'Kæse']) context.source({ ...batchSource([], 1), name }).print()
  assert.throws(
    () => context.graph.assignUids(),
    (error) => error instanceof SluiceError && error.code === 'E_NAME' && error.message.includes('"kæse"'),
  )
})
