import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inTime } from '../../lib/output/in-time.ts'

const never = new Promise<never>(() => {})

test('work is what it comes to, also where it could have been given up', async () => {
  const { signal } = new AbortController()
  assert.equal(await inTime(Promise.resolve('done'), { signal }), 'done')
  await assert.rejects(inTime(Promise.reject(new Error('failed')), { signal }), { message: 'failed' })
})

test('who gives up while it goes on has the reason at once', async () => {
  const given = new AbortController()
  const work = inTime(never, { signal: given.signal })
  given.abort(new Error('given up'))
  await assert.rejects(work, { message: 'given up' })
})

test('what was given up before it began is not waited for', async () => {
  await assert.rejects(inTime(never, { signal: AbortSignal.abort(new Error('given up')) }), { message: 'given up' })
})

test('work that takes too long ends with what is said of that', async () => {
  const late = (): Error => new Error('too late')
  await assert.rejects(inTime(never, { ms: 1, late, signal: new AbortController().signal }), { message: 'too late' })
})
