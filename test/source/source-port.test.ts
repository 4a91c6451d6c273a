import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../lib/model/errors.ts'
import type { CutRequest, Source, SourceIo } from '../../lib/source/source.ts'
import { SourcePort } from '../../lib/source/source-port.ts'

const portOf = (methods: Partial<Source<unknown>>): SourcePort<unknown> =>
  new SourcePort('orders', { name: 'Orders', cut: async () => null, read: () => [], ...methods })
const request = {} as CutRequest
const io = {} as SourceIo

const circle: Record<string, unknown> = {}
circle['self'] = circle

const whole = { position: { offset: 5 }, splits: [[0, 5]], records: 5 }

const refused: readonly [what: string, answer: unknown, message: RegExp][] = [
  ['nothing', undefined, /cut\(\) answered undefined/],
  ['a number', 5, /cut\(\) answered 5/],
  ['a list', [], /cut\(\) answered an array/],
  ['no field', {}, /a position that is undefined/],
  ['no splits', { position: 1, records: 1 }, /splits that are undefined, and no list/],
  ['a number of splits', { ...whole, splits: 5 }, /splits that are 5, and no list/],
  ['a position that is NaN', { ...whole, position: NaN }, /a position that is NaN, and no JSON/],
  [
    'a position that is a date',
    { ...whole, position: { at: new Date(0) } },
    /a position\.at that is an instance of Date/,
  ],
  ['a position that is a Map', { ...whole, position: new Map() }, /a position that is an instance of Map/],
  ['a position with a bigint', { ...whole, position: { offset: 5n } }, /a position\.offset that is a bigint/],
  ['a position in itself', { ...whole, position: circle }, /a position\.self that holds itself/],
  ['a split that is a function', { ...whole, splits: [1, () => 1] }, /a splits\[1\] that is a function/],
  ['records that are NaN', { ...whole, records: NaN }, /records that are NaN/],
  ['records as a text', { ...whole, records: '5' }, /records that are a string/],
  ['half a record', { ...whole, records: 1.5 }, /records that are 1\.5/],
  ['less than no record', { ...whole, records: -1 }, /records that are -1/],
  ['a bigint of records', { ...whole, records: 1n }, /records that are a bigint/],
]

for (const [what, answer, message] of refused)
  test(`a source that answers ${what} is asked again, and its position stays where it is`, async () => {
    await assert.rejects(
      portOf({ cut: async () => answer as never }).cut(request),
      (error) =>
        hasCode(error, 'E_SOURCE') &&
        error.fault === 'source' &&
        error.where.operator === 'orders' &&
        message.test(error.message),
    )
  })

test('null and whole cuts are taken as they are', async () => {
  const optional = { ...whole, records: null, position: { shard: undefined, at: null }, description: 'a' }
  for (const answer of [null, whole, optional])
    assert.equal(await portOf({ cut: async () => answer as never }).cut(request), answer)
})

const unreadable: readonly [what: string, chunks: unknown, message: RegExp][] = [
  ['nothing', undefined, /read\(\) gave undefined/],
  ['null', null, /read\(\) gave null/],
  ['a text', 'ab', /read\(\) gave a string/],
  ['a promise', Promise.resolve([['a']]), /read\(\) gave a promise/],
  ['an object', {}, /read\(\) gave an object/],
  ['records without lists', [1], /a piece that is 1/],
  ['lines without a list', ['line'], /a piece that is a string/],
  ['a set of records', [new Set(['a'])], /a piece that is an instance of Set/],
  ['promises of lists', [Promise.resolve(['a'])], /a piece that is a promise/],
]

for (const [what, chunks, message] of unreadable)
  test(`a source that gives ${what} to be read is named, and no record is made of it`, () => {
    assert.throws(
      () => [...(portOf({ read: () => chunks as never }).read(1, io) as Iterable<unknown>)],
      (error) => hasCode(error, 'E_SOURCE') && message.test(error.message),
    )
  })

test('lists, typed arrays and generators of them are read', async () => {
  for (const chunks of [[['a'], ['b']], [Uint8Array.of(1)], new Set([['a']])])
    assert.deepEqual([...(portOf({ read: () => chunks as never }).read(1, io) as Iterable<unknown>)], [...chunks])
  async function* later() {
    yield ['a']
    yield ['b']
  }
  assert.deepEqual(await Array.fromAsync(portOf({ read: later }).read(1, io)), [['a'], ['b']])
})
