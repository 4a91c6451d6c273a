import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endsCoordinator, ERROR_CODES, type ErrorCode, faultOf, isLostForGood } from '../../lib/model/error-codes.ts'
import { located, SluiceError, thrownBy, wordsOf } from '../../lib/model/errors.ts'
import { filesBelow, withoutComments } from '../house/source-files.ts'

const codes = Object.keys(ERROR_CODES) as ErrorCode[]

test('every code that the library throws is in the table, and every code of the table is thrown', () => {
  const text = filesBelow('lib', 'functions')
    .filter(({ path }) => path.endsWith('.ts') && path !== 'lib/model/error-codes.ts')
    .map((file) => withoutComments(file.text))
    .join('\n')
  const used = new Set([...text.matchAll(/(?<![\w`])E_[A-Z0-9]+(?:_[A-Z0-9]+)*(?!\w)/g)].map(([code]) => code))
  assert.deepEqual([...used].sort(), codes.toSorted())
})

test('what is lost for good is an object, and what ends a coordinator is the head or the protocol', () => {
  assert.deepEqual(
    codes.filter(isLostForGood).map((code) => [code, faultOf(code)]),
    [
      ['E_BLOB_MISSING', 'store'],
      ['E_BLOB_CORRUPT', 'store'],
      ['E_BLOB_TRUNCATED', 'store'],
      ['E_BLOB_VERSION', 'store'],
    ],
  )
  assert.deepEqual(codes.filter(endsCoordinator), ['E_FENCED', 'E_HANDED_OVER', 'E_HALTED', 'E_HEAD_UNREACHABLE'])
})

const foreign = { code: 'E_OUTPUT', about: 'It failed' } as const

test('whatever a sink throws is its own fault, but for stores and the protocol', () => {
  const faultOfThrown = (error: unknown): string => thrownBy('sink', error, foreign, {}).fault
  for (const error of [new TypeError('no'), 'no', null, new SluiceError('E_KEY', 'no')])
    assert.equal(faultOfThrown(error), 'sink')
  assert.equal(faultOfThrown(new SluiceError('E_BLOB_MISSING', 'no')), 'store')
  assert.equal(faultOfThrown(new SluiceError('E_NOT_COMMITTED', 'no')), 'protocol')
})

test('an error keeps its fault when more is known about its place', () => {
  const error = thrownBy('source', new SluiceError('E_KEY', 'no'), foreign, { operator: 'in' })
  const { code, fault, where } = located(error, { batch: 3 }) as SluiceError
  assert.deepEqual({ code, fault, where }, { code: 'E_KEY', fault: 'source', where: { operator: 'in', batch: 3 } })
})

test('words name a code that the message does not', () => {
  const coded = (message: string): Error => Object.assign(new Error(message), { code: 'ECONNREFUSED' })
  assert.equal(wordsOf(coded('no answer')), 'Error [ECONNREFUSED]: no answer')
  assert.equal(wordsOf(coded('connect ECONNREFUSED ::1')), 'Error: connect ECONNREFUSED ::1')
  assert.equal(wordsOf(new RangeError('too far')), 'RangeError: too far')
})
