import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  answerOf,
  callsUnanswered,
  checkIterable,
  checkSettled,
  isPromise,
  isWalked,
  kindOf,
  settledReduction,
  shownOr,
} from '../../lib/model/settled.ts'

const unreadable = new Proxy(
  {},
  {
    get: () => assert.fail('it was read'),
    has: () => assert.fail('it was asked'),
    getPrototypeOf: () => assert.fail('it was looked at'),
  },
)
// oxlint-disable-next-line unicorn/no-thenable -- what can be waited for without being a promise
const withThen = (then: unknown): object => ({ then })
const thenable = withThen(() => {})

test('a promise is known as one, and so is what can be waited for', () => {
  for (const promise of [Promise.resolve(1), thenable]) assert.equal(isPromise(promise), true)
  for (const value of [null, undefined, 1, 'then', {}, withThen(1), () => 1, unreadable])
    assert.equal(isPromise(value), false)
})

test('a promise is no result, nor is a short list with one in it; where it was given is said', () => {
  const refusal = { code: 'E_ASYNC', message: /^map was given a function that returns a promise/, where: { batch: 1 } }
  for (const value of [Promise.reject(new Error('nobody hears')), thenable, ['a', Promise.reject(new Error('nor'))]])
    assert.throws(() => checkSettled(value, 'map', { batch: 1 }), refusal)
  const eight = Array.from({ length: 8 }, (_, i) => (i === 7 ? thenable : i))
  assert.throws(() => checkSettled(eight, 'map', { batch: 1 }), refusal)
  for (const value of [null, 1, 'a', {}, [], [1], [0, ...eight], unreadable]) checkSettled(value, 'map')
})

test('records come of what can be walked; what cannot is named', () => {
  for (const many of [[], 'text', new Set([1]), new Map(), Uint8Array.of(1), [1].values()])
    checkIterable(many, 'flatMap')
  const refused = [
    [null, 'null'],
    [undefined, 'undefined'],
    [1, 'a number'],
    [{}, 'an object'],
    [() => [], 'a function'],
    [unreadable, 'a Proxy'],
  ] as const
  for (const [value, kind] of refused)
    assert.throws(() => checkIterable(value, 'flatMap', { batch: 1 }), {
      code: 'E_ITERABLE',
      message: `flatMap was given a function that returns ${kind}.`,
      where: { batch: 1 },
    })
  async function* later(): AsyncGenerator<number> {
    yield 1
  }
  for (const value of [thenable, later()]) assert.throws(() => checkIterable(value, 'flatMap'), { code: 'E_ASYNC' })
  assert.equal(isWalked(later(), Symbol.asyncIterator), true)
  assert.equal(isWalked([1], Symbol.asyncIterator), false)
})

test('values are shown by their kind, and what is short as it is', () => {
  assert.deepEqual([[1, 2], new Date(), true, Symbol.iterator].map(kindOf), [
    'an array of 2',
    'an object',
    'a boolean',
    'a symbol',
  ])
  assert.deepEqual([1.5, 'ten', 'x'.repeat(40), 'x'.repeat(41), null].map(shownOr), [
    '1.5',
    '"ten"',
    `"${'x'.repeat(40)}"`,
    'a string',
    'null',
  ])
})

test('a reduction gives what its function gives, unless that is a promise', () => {
  assert.equal(settledReduction((a: number, b: number) => a - b, 'reduce')(5, 3), 2)
  assert.deepEqual(settledReduction((a: object) => a, 'reduce')({ n: 1 }, {}), { n: 1 })
  const later = settledReduction<unknown>(async (a) => a, 'reduce')
  assert.throws(() => later(1, 2), { code: 'E_ASYNC', message: /^reduce was given/ })
})

test('what is waited for is known until it is answered, or fails', async () => {
  const { promise, resolve, reject } = { ...Promise.withResolvers<number>(), reject: Promise.withResolvers<never>() }
  const before = callsUnanswered()
  const [first, second] = [answerOf('cut() of "a"', promise), answerOf('read() of "b"', reject.promise)]
  assert.deepEqual(callsUnanswered().slice(before.length), ['cut() of "a"', 'read() of "b"'])
  resolve(1)
  assert.equal(await first, 1)
  assert.deepEqual(callsUnanswered().slice(before.length), ['read() of "b"'])
  reject.reject(new Error('gone'))
  await assert.rejects(second, /gone/)
  assert.deepEqual(callsUnanswered(), before)
})
