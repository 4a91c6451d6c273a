import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepestFirst, foldUp, reachedFrom } from '../../lib/model/walk.ts'

//      a
//     / \
//    b   c
//     \ / \
//      d   e
const edges: Record<string, readonly string[]> = { a: ['b', 'c'], b: ['d'], c: ['d', 'e'], d: [], e: [] }
const below = (node: string): readonly string[] => edges[node]

test('what is reached comes from the top, in order and once', () => {
  assert.deepEqual([...reachedFrom(['a'], below)], ['a', 'b', 'd', 'c', 'e'])
  assert.deepEqual([...reachedFrom(['e', 'b'], below)], ['e', 'b', 'd'])
})

test('what is deepest comes first, in order and once', () => {
  assert.deepEqual([...deepestFirst(['a'], below)], ['d', 'b', 'e', 'c', 'a'])
  assert.deepEqual([...deepestFirst(['c', 'b'], below)], ['d', 'e', 'c', 'b'])
})

test('values go up from below, each is made once, and what is known is not made again', () => {
  const made: string[] = []
  const sizeOf = (node: string, of: (below: string) => number): number => {
    made.push(node)
    return below(node).reduce((sum, each) => sum + of(each), 1)
  }
  assert.equal(foldUp('a', below, sizeOf), 6)
  assert.deepEqual(made.splice(0), ['d', 'b', 'e', 'c', 'a'])
  const known = new Map([['c', 100]])
  assert.equal(foldUp('a', below, sizeOf, known), 103)
  assert.deepEqual(made.splice(0), ['d', 'b', 'a'])
  assert.equal(foldUp('a', below, sizeOf, known), 103)
  assert.deepEqual(made, [])
})

test('a chain of any length is walked', () => {
  const next = (n: number): readonly number[] => (n === 100_000 ? [] : [n + 1])
  assert.equal(
    foldUp<number, number>(0, next, (n, of) => (n === 100_000 ? 0 : of(n + 1) + 1)),
    100_000,
  )
})
