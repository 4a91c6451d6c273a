import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../lib/model/error-codes.ts'
import { hasCode, SluiceError } from '../../lib/model/errors.ts'
import { binaryRecordsOf, filesOf, type FileStore, textFilesOf } from '../../lib/source/file-source.ts'
import type { Undecoded } from '../../lib/source/undecoded.ts'
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

test('a file of records, or in a form of its own, that is damaged is one letter, and none of it is used', async () => {
  const store = {
    ...endingAfter(0, 'E_FILE_CORRUPT'),
    pieces: function* () {
      yield Uint8Array.of(1, 2)
      throw new SluiceError('E_FILE_CORRUPT', 'it is cut short')
    },
  }
  const sound = { ...store, pieces: () => [Uint8Array.of(1, 2), Uint8Array.of(3, 4)] }
  const readAs = (bytes: FileStore, read: (path: string, bytes: Uint8Array) => Iterable<unknown>) =>
    filesOf(bytes, 'd', { read, onDecodeError: 'dead-letter' })
  function* halfway(): Generator<unknown> {
    yield 'a'
    throw new TypeError('no second record')
  }
  const rows = [
    [binaryRecordsOf(store, 'd', 2, { onDecodeError: 'dead-letter' }), 0, ['letter E_FILE_CORRUPT']],
    [binaryRecordsOf(sound, 'd', 2, { onDecodeError: 'dead-letter' }), 2, []],
    [readAs(store, () => ['a']), 0, ['letter E_FILE_CORRUPT']],
    [readAs(sound, halfway), 0, ['letter E_FILE_FORMAT']],
    [readAs(sound, (_path, bytes) => [...bytes]), 4, []],
  ] as const
  for (const [source, records, told] of rows) {
    const said: string[] = []
    const io = { ...memoryIo(), undecoded: ({ became, code }: Undecoded) => void said.push(`${became} ${code}`) }
    const got = []
    for await (const chunk of source.read({ path: 'd/f', start: 0, end: 4, size: 4 }, io)) got.push(...chunk)
    assert.deepEqual([got.length, said], [records, told])
  }
})

test('what a program throws over a file is its own, unless files may be set aside', async () => {
  const store = { ...endingAfter(0, 'E_FILE_CORRUPT'), pieces: () => [Uint8Array.of(1)] }
  const own = new TypeError('no such form')
  const read = (): never => {
    throw own
  }
  const said: string[] = []
  const io = { ...memoryIo(), undecoded: ({ became, message }: Undecoded) => void said.push(`${became}: ${message}`) }
  const first = async (source: ReturnType<typeof filesOf>): Promise<unknown> => {
    for await (const chunk of source.read({ path: 'd/f', start: 0, end: 1, size: 1 }, io)) return chunk
    return null
  }
  await assert.rejects(first(filesOf(store, 'd', { read })), own)
  assert.equal(await first(filesOf(store, 'd', { read, onDecodeError: 'dead-letter' })), null)
  assert.deepEqual(said, ['letter: d/f cannot be read: TypeError: no such form'])
})
