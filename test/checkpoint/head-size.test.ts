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

/** A head of exactly so many bytes, most of which are what `fill` brings; it ends in a text that makes up the rest. */
function ofBytes(bytes: number, fill: object): Head {
  const of = (rest: number): Head =>
    headWith({ conf: { ...fill, rest: 'x'.repeat(rest) } as unknown as Record<string, string> })
  return of(bytes - bytesOf(of(0)))
}

test('a head is warned of from its first byte above half of what it may have, whatever its bytes are made of', () => {
  const fills: Readonly<Record<string, object>> = {
    'plain text': {},
    'escaped text': { text: '\u0001'.repeat(5000) },
    'names of escaped text': Object.fromEntries(Array.from({ length: 100 }, (_, i) => ['\u0001'.repeat(50) + i, ''])),
    'long numbers': { list: Array.from({ length: 1200 }, () => -1.234567890123456e-300) },
    'many short texts': { list: Array.from({ length: 9000 }, () => '') },
    'many short names': Object.fromEntries(Array.from({ length: 4000 }, (_, i) => [i.toString(36), 0])),
    'nested lists': { list: Array.from({ length: 9000 }, () => []) },
    nothings: { list: Array.from({ length: 6000 }, () => null) },
  }
  const half = HEAD_BYTES_MAX / 2
  for (const [what, fill] of Object.entries(fills)) {
    assert.deepEqual(said(ofBytes(half, fill)), [], what)
    assert.deepEqual(said(ofBytes(half + 1, fill)), ['head-grows'], what)
    assert.deepEqual(said(ofBytes(HEAD_BYTES_MAX, fill)), ['head-grows'], what)
    assert.throws(() => said(ofBytes(HEAD_BYTES_MAX + 1, fill)), { code: 'E_HEAD_SIZE' }, what)
  }
})

test('one that is too large may have as much more as a takeover adds', () => {
  const before = ofBytes(HEAD_BYTES_MAX + 1000, {})
  assert.deepEqual(said(ofBytes(HEAD_BYTES_MAX + 1256, {}), before), ['head-grows'])
  assert.throws(() => said(ofBytes(HEAD_BYTES_MAX + 1257, {}), before), { code: 'E_HEAD_SIZE' })
})
