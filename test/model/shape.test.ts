import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as shape from '../../lib/model/shape.ts'

const { fields, inWords, list, maybe, named, nullOr, oneOf } = shape

/** What is wrong with each value, in words; `ok` where nothing is. */
const said = (of: shape.Shape, values: readonly unknown[]): string[] =>
  values.map((value) => {
    const wrong = of(value)
    return wrong === null ? 'ok' : inWords(wrong)
  })

const taken = (of: shape.Shape, values: readonly unknown[]): unknown[] => values.filter((value) => of(value) === null)

const some = [undefined, null, true, '', 0, -1, 1.5, NaN, Infinity, 2 ** 53, [], {}]

test('each plain shape takes what it says, and nothing else', () => {
  const rows = [
    [shape.anything, some.slice(1)],
    [shape.text, ['']],
    [shape.truth, [true]],
    [shape.count, [0]],
    [shape.whole, [0, -1]],
    [shape.finite, [0, -1, 1.5, 2 ** 53]],
    [shape.upTo(3), [0]],
    [nullOr(shape.count), [null, 0]],
    [maybe(shape.count), [undefined, 0]],
    [oneOf('', 1.5), ['', 1.5]],
    [list(shape.text), [[]]],
    [fields({}), [{}]],
    [named(shape.text), [{}]],
    [shape.isJson, some.slice(1)],
  ] as const
  for (const [of, values] of rows) assert.deepEqual(taken(of, some), values)
  assert.deepEqual(taken(shape.upTo(3), [2, 3, 4, -1, 2.5]), [2, 3])
})

test('what is wrong is said with the way to it', () => {
  const order = fields({ id: shape.count, tags: list(fields({ name: shape.text })), by: maybe(named(shape.count)) })
  assert.deepEqual(
    said(order, [
      { id: 1, tags: [{ name: 'a' }], by: { a: 1 } },
      { id: 1, tags: [] },
      7,
      [],
      { tags: [] },
      { id: 1, tags: [{ name: 'a' }, { name: 2 }] },
      { id: 1, tags: [], by: { 'a b': -1 } },
      { id: 1, tags: [], by: { toString: 1 } },
      Object.create({ id: 1, tags: [] }),
    ]),
    [
      'ok',
      'ok',
      'is not an object',
      'is not an object',
      'id is not a whole number of at least 0',
      'tags[1].name is not a text',
      'by["a b"] is not a whole number of at least 0',
      'by["toString"] is a name that every object has',
      'id is not a whole number of at least 0',
    ],
  )
  assert.deepEqual(said(oneOf('a', 1), ['b']), ['is not "a" or 1'])
  const long = said(named(shape.count), [{ ['x'.repeat(200)]: 'y' }])[0]
  assert.ok(long.startsWith(`["${'x'.repeat(80)}"]`), long)
})

test('of several kinds each has its fields', () => {
  const event = shape.byKind({ click: { x: shape.count }, key: { code: shape.text } })
  assert.deepEqual(
    said(event, [
      { kind: 'click', x: 1 },
      { kind: 'key', code: 'a' },
      { kind: 'key', x: 1 },
      { kind: 'other' },
      {},
      null,
    ]),
    [
      'ok',
      'ok',
      'code is not a text',
      'kind is of no kind that is known',
      'kind is of no kind that is known',
      'is not an object',
    ],
  )
})

test('bytes that are no JSON are nothing', () => {
  assert.deepEqual(shape.json(Buffer.from('{"a":[1]}')), { a: [1] })
  assert.equal(shape.json(Buffer.from('{"a":')), undefined)
})
