import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { checkIncarnation } from '../../../lib/hosts/functions/incarnation.ts'
import type { BuiltApp } from '../../../lib/hosts/program/built-program.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { functionHost } from './function-host.ts'

test('a task of another incarnation is refused each time; the head is read once for those of its own', async () => {
  const host = await functionHost('test', 'g', new MemoryBlobStore())
  let reads = 0
  const head: typeof host.head = (app) => {
    reads++
    return host.head(app)
  }
  const watched = { ...host, head }
  const built = {} as BuiltApp
  const refused = (error: unknown): boolean => hasCode(error, 'E_TASK_SPEC')
  for (const _time of [1, 2])
    await assert.rejects(checkIncarnation({ app: 'test', inc: 'i2' }, built, watched), refused)
  for (const _time of [1, 2, 3]) await checkIncarnation({ app: 'test', inc: 'i1' }, built, watched)
  assert.equal(reads, 3)
  await assert.rejects(checkIncarnation({ app: 'test', inc: 'i2' }, built, watched), refused)
})
