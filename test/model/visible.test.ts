import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortened, visible, visibleLine, within } from '../../lib/model/visible.ts'

test('characters that act on a terminal are shown by their numbers; lines and tabs stay', () => {
  assert.equal(visible('a\u001b[31mb\r\u0000\n\tü🎉'), 'a\\x1b[31mb\\x0d\\x00\n\tü🎉')
  assert.equal(
    visible('\u202e\u2028\u200b\u{e0001}\u007f\u0085\ud800'),
    '\\u202e\\u2028\\u200b\\u{e0001}\\x7f\\x85\\ud800',
  )
  assert.equal(visibleLine('a\nb\u0007'), 'a\\nb\\x07')
})

test('what is long is shown by its beginning, with its length', () => {
  const text = 'x'.repeat(100)
  assert.equal(shortened(text, 100), text)
  assert.equal(shortened(text, 99), `${'x'.repeat(99)}… (100 characters)`)
  assert.equal(within(text, 100), text)
  assert.equal(within(text, 99), `${'x'.repeat(99 - '… (100 characters)'.length)}… (100 characters)`)
  assert.equal(within(text, 99).length, 99)
})
