import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../lib/model/error-codes.ts'
import { hasCode, SluiceError } from '../../lib/model/errors.ts'
import { type FileStore, textFilesOf } from '../../lib/source/file-source.ts'
import { memoryIo } from '../../lib/testing/contracts/source.ts'

/** A file that cannot be read on once so many of its chunks are. */
const endingAfter = (chunks: number, code: ErrorCode): FileStore => ({
  name: 'store',
  lister: () => assert.fail('nothing is looked for'),
  pieces: () => assert.fail('lines are read'),
  lines: function* () {
    for (let i = 0; i < chunks; i++) yield [`line ${i}`]
    throw new SluiceError(code, 'it is not what it was')
  },
})

async function read(store: FileStore): Promise<{ lines: string[]; said: string[]; error: unknown }> {
  const said: string[] = []
  const lines: string[] = []
  const source = textFilesOf(store, 'd', { onMissing: 'skip' })
  const io = { ...memoryIo(), undecoded: ({ became }: { became: string }) => void said.push(became) }
  const split = { path: 'd/f', start: 0, end: 10, size: 10 }
  try {
    for await (const chunk of source.read(split, io)) lines.push(...chunk)
    return { lines, said, error: null }
  } catch (error) {
    return { lines, said, error }
  }
}

for (const code of ['E_FILE_GONE', 'E_FILE_CHANGED'] as const)
  test(`a file that is missing is skipped whole, and fails the batch once some of it was used: ${code}`, async () => {
    assert.deepEqual(await read(endingAfter(0, code)), { lines: [], said: ['skipped'], error: null })
    const { said, error } = await read(endingAfter(1, code))
    assert.deepEqual([said, hasCode(error, code)], [[], true])
  })

test('what else keeps a file from being read fails the batch, also where missing files are skipped', async () => {
  const { said, error } = await read(endingAfter(0, 'E_FILE_CORRUPT'))
  assert.deepEqual([said, hasCode(error, 'E_FILE_CORRUPT')], [[], true])
})
