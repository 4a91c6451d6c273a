import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import { callError, type Owner, ownerOf, refsOf, shapeError } from '../../lib/checkpoint/ref-shape.ts'
import { ref } from './manifests.ts'

const keys = new ObjectKeys('test', 'i1')
const said = (owner: Owner, key: string): string | null => {
  const wrong = refsOf(owner)('message')({ key, len: 1, crc: 1 })
  return wrong && `${wrong.says}${wrong.foreign ? ', foreign' : ''}`
}
const outside = 'names an object outside of its app, foreign'

test('who belongs to an app may name what any incarnation of it wrote, of the kind that is asked for', () => {
  const app: Owner = { app: 'test' }
  for (const inc of ['i1', 'i2']) assert.equal(said(app, new ObjectKeys('test', inc).message(1, 'a')), null)
  assert.equal(said(app, keys.plan(1, 'a')), 'names an object that is no message')
  assert.equal(said(app, new ObjectKeys('other', 'i1').message(1, 'a')), outside)
  assert.equal(said(app, 'test/i1/msg/../../x'), outside)
})

test('who belongs to an incarnation may name nothing of another one', () => {
  const owner: Owner = { app: 'test', inc: 'i1' }
  assert.equal(said(owner, keys.message(1, 'a')), null)
  assert.equal(said(owner, keys.plan(1, 'a')), 'names an object that is no message')
  for (const foreign of [
    new ObjectKeys('test', 'i2').message(1, 'a'),
    'test/i1/msg/./a',
    'test/i1/msg/',
    'test/i1/msg',
  ])
    assert.equal(said(owner, foreign), outside, foreign)
})

test('an object belongs to whom its name says, and to nobody where it says nothing', () => {
  assert.deepEqual(ownerOf(ref('st/s')), { app: 'test', inc: 'i1' })
  assert.deepEqual(ownerOf({ ...ref('x'), key: 'nonsense' }), { app: '', inc: '' })
})

test('a name that leads elsewhere has a code of its own, whoever gave it', () => {
  const [bad, foreign] = [
    { at: 'key', says: 'is bad' },
    { at: 'key', says: 'is bad', foreign: true as const },
  ]
  assert.deepEqual(
    [bad, foreign].flatMap((wrong) => [shapeError('E_TASK_SPEC', 'It', wrong, 'd').code, callError('It', wrong).code]),
    ['E_TASK_SPEC', 'E_TASK_SPEC', 'E_REF_SCOPE', 'E_REF_SCOPE'],
  )
})
