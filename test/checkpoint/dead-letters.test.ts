import assert from 'node:assert/strict'
import { test } from 'node:test'
import { carriedOut, openLetters } from '../../lib/checkpoint/dead-letters.ts'
import { fullManifest, ref } from './manifests.ts'

const letters = (...ids: string[]) => ({ batch: 1, open: { lines: ids }, ref: ref('dlq/9e/1/d') })

test('a command is kept until nothing that it names is open', () => {
  const command = { key: 'c', verb: 'drop', ids: ['1-1', '1-2'] } as const
  const keptAfter = (...ids: string[]): number =>
    1 - carriedOut([command], fullManifest({ deadLetters: [letters(...ids)] })).length
  assert.deepEqual([keptAfter('1-1', '1-2'), keptAfter('1-2'), keptAfter('1-3')], [1, 1, 0])
})

test('letters that are dealt with are open no more, and those beside them are', () => {
  const left = openLetters([letters('1-1', '1-2'), letters('1-3')], new Set(['1-1', '1-3']), [letters('2-1')])
  assert.deepEqual(
    left.map(({ open }) => open['lines']),
    [['1-2'], ['2-1']],
  )
})
