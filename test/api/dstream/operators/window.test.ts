import { test } from 'node:test'
import { seconds } from '../../../../lib/index.ts'
import { check } from '../../../support/run.ts'

const batches = [['a'], ['b'], null, [], ['c'], ['d']]

test('a window of two batches holds two batches, the first one only one', () =>
  check((input) => input().window(seconds(2)), {
    batches,
    expected: [['a'], ['a', 'b'], ['b'], [], ['c'], ['c', 'd']],
  }))

test('a window that slides by two fires at every second batch', () =>
  check((input) => input().window(seconds(3), seconds(2)), {
    batches,
    expected: [undefined, ['a', 'b'], undefined, ['b'], undefined, ['c', 'd']],
  }))

test('a slide longer than the window drops what lies between', () =>
  check((input) => input().window(seconds(1), seconds(2)), {
    batches,
    expected: [undefined, ['b'], undefined, [], undefined, ['d']],
  }))

test('a window without any batch in it is empty, and is shown', () =>
  check((input) => input().window(seconds(1)), { batches: [null, ['a']], expected: [[], ['a']] }))
