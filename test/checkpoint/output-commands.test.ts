import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBlobStore } from '../../lib/adapters/local/blob-memory.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import {
  isDropped,
  type OutputCommand,
  putOutputCommand,
  readOutputCommands,
} from '../../lib/checkpoint/output-commands.ts'

const drop: OutputCommand = { verb: 'drop', outputs: ['rows', 'lines'], upTo: 4 }

test('given up are the batches up to the one that was named, of the outputs that were named', () => {
  const isGone = (output: string, batch: number, ...commands: OutputCommand[]): boolean =>
    isDropped(commands, { output, batch })
  assert.deepEqual([isGone('rows', 4, drop), isGone('lines', 1, drop)], [true, true])
  assert.deepEqual([isGone('rows', 5, drop), isGone('other', 4, drop), isGone('rows', 4)], [false, false, false])
  assert.equal(isGone('rows', 4, { ...drop, verb: 'retry' }), false)
  assert.equal(isGone('rows', 5, { ...drop, verb: 'retry' }, { ...drop, upTo: 5 }), true)
})

test('a decision about outputs is read as it was written, and one that was changed since is refused', async () => {
  const [blobs, keys] = [new MemoryBlobStore(), new ObjectKeys('test', 'i1')]
  assert.deepEqual(await readOutputCommands(blobs, keys), [])
  await putOutputCommand(blobs, keys, drop, 'c')
  const key = keys.outputCommand('c')
  assert.deepEqual(await readOutputCommands(blobs, keys), [{ ...drop, key }])
  const written = Buffer.from(await blobs.get(key)).toString()
  for (const changed of [
    written.replace('4', '5'),
    written.replace('rows', 'cols'),
    written.replace('drop', 'retry'),
  ]) {
    await blobs.delete(key)
    await blobs.putNew(key, Buffer.from(changed))
    await assert.rejects(readOutputCommands(blobs, keys), { code: 'E_BLOB_CORRUPT' }, changed)
  }
})
