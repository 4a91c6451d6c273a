import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSize, HEAD_BYTES_MAX } from '../../lib/checkpoint/head-size.ts'
import { hasCode, type SluiceError } from '../../lib/model/errors.ts'
import type { Head } from '../../lib/model/head.ts'
import { headWith, manifestRef } from './heads.ts'

/** A head that owes so many outputs: about a hundred bytes each. */
const owing = (outputs: number): Head =>
  headWith({
    owed: Array.from({ length: outputs }, (_, i) => ({ batch: 1, output: `o${i}`, manifest: manifestRef(1) })),
  })
const bytesOf = (head: Head): number => Buffer.byteLength(JSON.stringify(head))
const [some, many, more] = [owing(100), owing(500), owing(1000)]

function said(head: Head, before: Head | null = null): string[] {
  const events: string[] = []
  checkSize(head, 'mark', { event: ({ type }) => void events.push(type) }, before)
  return events
}

test('a head of the usual size is written without a word, one that grows with a warning, and no larger one', () => {
  assert.ok(bytesOf(some) < HEAD_BYTES_MAX / 2 && bytesOf(many) > HEAD_BYTES_MAX / 2 && bytesOf(many) < HEAD_BYTES_MAX)
  assert.ok(bytesOf(more) > HEAD_BYTES_MAX)
  assert.deepEqual([said(some), said(many)], [[], ['head-grows']])
  for (const before of [null, some, many])
    assert.throws(
      () => said(more, before),
      (error) => hasCode(error, 'E_HEAD_SIZE'),
    )
})

test('a head that is too large may be taken over, and may shrink: what fills it has to be delivered', () => {
  assert.deepEqual(said(owing(999), more), ['head-grows'])
  assert.deepEqual(said({ ...more, epoch: 1000, holder: 'another one, with a longer name' }, more), ['head-grows'])
  assert.throws(
    () => said(owing(1100), more),
    (error) => hasCode(error, 'E_HEAD_SIZE'),
  )
})

test('the error says what most of the head is, and what to do about that', () => {
  const long = 'x'.repeat(HEAD_BYTES_MAX)
  const refused = (head: Head): string => {
    try {
      checkSize(head, 'mark', { event: () => {} })
    } catch (error) {
      const { message, next, where } = error as SluiceError
      return [message, where.detail, ...next].join('\n')
    }
    return 'nothing'
  }
  assert.match(
    refused(more),
    /Most of it is what 1000 outputs are owed \(\d+ bytes\).*\nstep "mark"\nmend what the out/,
  )
  assert.match(
    refused(headWith({ conf: { long } })),
    /Most of it is the configuration .*\nstep "mark"\nput long settings/,
  )
  assert.match(
    refused(headWith({ manifest: { ...manifestRef(1), inline: long } })),
    /would have \d+ bytes; it may have 65536\. Most of it is the field "manifest" \(\d+ bytes\)/,
  )
})
