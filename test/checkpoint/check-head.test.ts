import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkedHead } from '../../lib/checkpoint/check-head.ts'
import { ObjectKeys } from '../../lib/checkpoint/object-keys.ts'
import type { Head } from '../../lib/model/head.ts'
import { headWith } from './heads.ts'

const letters = {
  batch: 1,
  open: { 'lines/foreachRDD': ['1-out-1'] },
  ref: { key: new ObjectKeys('test', 'i1').deadLetters(1, 'out.ab.1-out-1'), len: 10, crc: 3 },
  ofOutput: true,
}
const read = (each: object): unknown =>
  checkedHead({ value: headWith({ letters: [each] } as unknown as Partial<Head>), rev: 4 })

test('dead letters that outputs have left are read as they stand in the head', () => {
  assert.doesNotThrow(() => read(letters))
  assert.doesNotThrow(() => read({ ...letters, batch: 2 }))
})

test('forged ones are refused, by what is wrong with them', () => {
  const { ofOutput: _its, ...read_ } = letters
  const cases: readonly [forged: object, code: string, says: RegExp][] = [
    // Read again as records of a source, they would count twice.
    [{ ...read_, open: { lines: ['1-out-1'] } }, 'E_HEAD_CORRUPT', /letters\[0\] is no dead letter of an output/],
    [{ ...letters, batch: 3 }, 'E_HEAD_CORRUPT', /letters\[0\] is of batch 3, which has not been shown/],
    [{ ...letters, batch: -1 }, 'E_HEAD_CORRUPT', /letters\[0\]\.batch/],
    [{ ...letters, open: { a: 'one' } }, 'E_HEAD_CORRUPT', /letters\[0\]\.open\["a"\]/],
    [{ ...letters, open: null }, 'E_HEAD_CORRUPT', /letters\[0\]\.open/],
    [{ ...letters, ref: null }, 'E_HEAD_CORRUPT', /letters\[0\]\.ref/],
    [
      { ...letters, ref: { ...letters.ref, key: 'test/i1/st/s' } },
      'E_HEAD_CORRUPT',
      /names an object that is no dead-l/,
    ],
    [{ ...letters, ref: { ...letters.ref, key: letters.ref.key.replace('test', 'other') } }, 'E_REF_SCOPE', /letters/],
    [{ ...letters, ref: { ...letters.ref, key: '../../etc/passwd' } }, 'E_REF_SCOPE', /letters/],
    [{ ...letters, ofOutput: false }, 'E_HEAD_CORRUPT', /letters\[0\]\.ofOutput/],
  ]
  for (const [forged, code, message] of cases) assert.throws(() => read(forged), { code, message })
})

test('a head of a later format is not read as one of this build', () => {
  const ofFormat = (format: unknown): unknown => checkedHead({ value: { ...headWith(), format } as Head, rev: 4 })
  assert.throws(() => ofFormat(2), {
    code: 'E_HEAD_FORMAT',
    message: 'The head at revision 4 has format 2; this build reads format 1.',
  })
  assert.doesNotThrow(() => ofFormat(1))
  // Another format may have none of the fields.
  assert.throws(() => checkedHead({ value: { format: 3 } as unknown as Head, rev: 4 }), { code: 'E_HEAD_FORMAT' })
})
