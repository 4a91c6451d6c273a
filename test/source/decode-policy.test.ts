import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode, SluiceError } from '../../lib/model/errors.ts'
import { underPolicy } from '../../lib/source/decode-policy.ts'
import type { LineOptions } from '../../lib/source/line-buffer.ts'
import type { OnDecodeError } from '../../lib/source/undecoded.ts'

type BadLine = Required<LineOptions>['onBad']

const badLine = (): SluiceError => new SluiceError('E_DECODE_UTF8', 'no text', { where: { offset: 2 } })
const broken = (): SluiceError => new SluiceError('E_FILE_CORRUPT', 'cut short')

/** A file of the lines `a`, one that is no text, and `b`; `isBroken`: its end is missing. */
function* lines(isBroken: boolean, onBad: BadLine | undefined): Generator<string[]> {
  yield ['a']
  if (!onBad) throw badLine()
  if (onBad(badLine(), Uint8Array.of(0xff)) === 'replaced') yield ['\ufffd']
  if (isBroken) throw broken()
  yield ['b']
}

/** What is read of it, and what is said. */
async function read(
  policy: OnDecodeError,
  { isPacked = false, isBroken = false, isSound = false } = {},
): Promise<{ records: string[]; said: string[] }> {
  const said: string[] = []
  const records: string[] = []
  const chunks = underPolicy<string>({
    policy,
    path: 'f',
    isPacked,
    read: ({ onBad }) => (isSound ? [['a', 'b']] : lines(isBroken, onBad)),
    report: ({ became, code }) => void said.push(`${became} ${code}`),
  })
  for await (const chunk of chunks) records.push(...chunk)
  return { records, said }
}

test('a line that is no text costs what the policy says, and no more; each is said once, packed or not', async () => {
  for (const isPacked of [false, true]) {
    await assert.rejects(read('fail', { isPacked }), (error) => hasCode(error, 'E_DECODE_UTF8'))
    assert.deepEqual(await read('replace', { isPacked }), {
      records: ['a', '\ufffd', 'b'],
      said: ['replaced E_DECODE_UTF8'],
    })
    assert.deepEqual(await read('dead-letter', { isPacked }), { records: ['a', 'b'], said: ['letter E_DECODE_UTF8'] })
    assert.deepEqual(await read('skip-file', { isPacked }), { records: [], said: ['skipped E_DECODE_UTF8'] })
  }
})

test('a packed file that is damaged is one letter, whatever else is wrong in it, and none of it is used', async () => {
  assert.deepEqual(await read('dead-letter', { isPacked: true, isBroken: true }), {
    records: [],
    said: ['letter E_FILE_CORRUPT'],
  })
  await assert.rejects(read('replace', { isPacked: true, isBroken: true }), (error) => hasCode(error, 'E_FILE_CORRUPT'))
})

test('of a sound file nothing is said, whatever the policy', async () => {
  for (const policy of ['fail', 'replace', 'dead-letter', 'skip-file'] as const)
    for (const isPacked of [false, true])
      assert.deepEqual(await read(policy, { isPacked, isSound: true }), { records: ['a', 'b'], said: [] })
})
