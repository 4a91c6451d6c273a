import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadAll, loadedLater, withPart } from '../../lib/model/loaded-later.ts'

test('a part is loaded once, when it is first asked for, and given at once from then on', async () => {
  let loads = 0
  const part = loadedLater(async () => ({ number: ++loads }))
  const first = part()
  assert.ok(first instanceof Promise)
  assert.deepEqual(await withPart(first, async ({ number }) => number), 1)
  assert.deepEqual([part(), loads], [{ number: 1 }, 1])
  assert.equal(await withPart(part(), async ({ number }) => number + 1), 2)
})

test('all parts are loaded, also one that another part is found to have', async () => {
  let inner: (() => unknown) | null = null
  const outer = loadedLater(async () => {
    inner = loadedLater(async () => 'inner')
    return 'outer'
  })
  await loadAll()
  assert.deepEqual([outer(), inner!()], ['outer', 'inner'])
})
