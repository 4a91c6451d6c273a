import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkKey } from '../../lib/keys/check.ts'
import { differentKeys, notKeys } from './keys.ts'

const where = { operator: 'visits' }

test('B28: every kind of key passes', () => {
  for (const key of differentKeys()) checkKey(key, where)
})

test('B28: what cannot be a key is E_KEY with the place', () => {
  for (const [key, message] of notKeys()) assert.throws(() => checkKey(key, where), { code: 'E_KEY', message, where })
  assert.throws(() => checkKey({ at: new Date(NaN) }, where), { code: 'E_VALUE', where })
})

test('B27: half a surrogate pair is E_KEY_STRING, also inside a tuple or a property name', () => {
  for (const key of ['\ud800', 'a\udc00b', ['a', '\ud800'], { '\ud800': 1 }])
    assert.throws(() => checkKey(key, where), { code: 'E_KEY_STRING', where })
  checkKey('😀', where)
})

test('B29: 2,048 bytes of UTF-8 pass, 2,049 and a megabyte are E_KEY_TOO_LARGE', () => {
  checkKey('x'.repeat(2048), where)
  checkKey('é'.repeat(1024), where)
  const tooLarge = [
    'x'.repeat(2049),
    'é'.repeat(1025),
    'x'.repeat(1e6),
    new Uint8Array(2049),
    ['x'.repeat(1024), 'x'.repeat(1024)],
    1n << 20_000n,
  ]
  for (const key of tooLarge) assert.throws(() => checkKey(key, where), { code: 'E_KEY_TOO_LARGE', where })
})

test('a circular key is E_DEPTH', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  assert.throws(() => checkKey(circle, where), { code: 'E_DEPTH', where })
})
