import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countOf, emitPairs, KeptSink, recordsIn } from '../../lib/lineage/kept-records.ts'
import { sinkOf } from '../../lib/lineage/node.ts'

const columns = { keys: ['a', 'b'], values: [1, 2], hashes: null }
const pairs = [
  ['a', 1],
  ['b', 2],
]

test('pairs that come as columns stay columns, and each reader has pairs of its own', () => {
  const sink = new KeptSink<unknown>()
  emitPairs(sink, columns)
  const kept = sink.kept()
  assert.equal(kept.kind, 'pairs')
  assert.equal(countOf(kept), 2)
  ;(recordsIn(kept) as unknown[][])[0][1] = 'changed'
  assert.deepEqual(recordsIn(kept), pairs)
})

test('records before or after pairs in columns keep their order', () => {
  for (const [given, wanted] of [
    [
      ['columns', 'emit'],
      [...pairs, 'x'],
    ],
    [
      ['columns', 'chunk'],
      [...pairs, 'y', 'z'],
    ],
    [
      ['emit', 'columns', 'chunk'],
      ['x', ...pairs, 'y', 'z'],
    ],
    [
      ['columns', 'columns'],
      [...pairs, ...pairs],
    ],
  ] as const) {
    const sink = new KeptSink<unknown>()
    for (const way of given) {
      if (way === 'columns') sink.columns(columns.keys, columns.values, null)
      if (way === 'emit') sink.emit('x')
      if (way === 'chunk') sink.chunk(['y', 'z'])
    }
    assert.deepEqual(recordsIn(sink.kept()), wanted)
  }
})

test('a sink that knows no columns gets pairs', () => {
  const seen: unknown[] = []
  emitPairs(
    sinkOf((pair) => seen.push(pair)),
    columns,
  )
  assert.deepEqual(seen, pairs)
})

test('a chunk that its owner changes later has been kept as it was', () => {
  const chunk = [1, 2]
  const sink = new KeptSink<number>()
  sink.chunk(chunk)
  chunk[0] = 9
  assert.deepEqual(recordsIn(sink.kept()), [1, 2])
})
