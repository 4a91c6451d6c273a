import assert from 'node:assert/strict'
import { test } from 'node:test'
import { framesOf } from '../../../lib/adapters/local/raw-socket-receiver.ts'
import { ByteReader } from '../../../lib/codec/bytes.ts'
import { readValue } from '../../../lib/codec/value.ts'
import { decodeActionResult, encodeActionResult } from '../../../lib/plan/action-results.ts'
import { encodeRecords } from '../../../lib/source/receiver/block-writer.ts'
import { openBlock } from '../../../lib/codec/block.ts'
import { LineBuffer } from '../../../lib/source/line-buffer.ts'
import { damaged, damagedUnderItsChecksums } from '../../support/damage.ts'
import { type Dice, withSeeds } from '../../support/dice.ts'
import { textOf } from '../../support/run.ts'
import { assertSilent, SECRET } from '../../support/secret.ts'

const recordsOf = (dice: Dice): unknown[] =>
  Array.from({ length: dice.below(20) }, () =>
    dice.oneOf([SECRET, [SECRET, dice.value()], dice.key(), { [SECRET]: dice.fraction() }]),
  )

function assertBlobError(error: unknown): void {
  assert.match(String((error as { code?: unknown }).code), /^E_(BLOB|CLASS)_/)
  assertSilent((error as Error).message)
}

test('B45: a received block that was damaged holds what was received, or is E_BLOB_*', (t) =>
  withSeeds(t, 500, (dice) => {
    const [records, others] = [recordsOf(dice), recordsOf(dice)]
    const touched = damaged(dice, encodeRecords(records), encodeRecords(others))
    try {
      const read = openBlock(touched, 'block').read(0, 1)[0]
      if (!Buffer.from(touched).equals(encodeRecords(others))) assert.equal(textOf(read), textOf(records))
    } catch (error) {
      assertBlobError(error)
    }
    try {
      openBlock(damagedUnderItsChecksums(dice, encodeRecords(records)), 'block').read(0, 1)
    } catch (error) {
      assertBlobError(error)
    }
  }))

test('B45: the result of an action that was damaged on its way is a value, or E_BLOB_*', (t) =>
  withSeeds(t, 1500, (dice) => {
    const [one, other] = [encodeActionResult(recordsOf(dice)), encodeActionResult(recordsOf(dice))].map((text) =>
      Buffer.from(text, 'base64'),
    )
    try {
      decodeActionResult(Buffer.from(damaged(dice, one, other)).toString('base64'))
      readValue(new ByteReader(damaged(dice, one, other), 'value'))
    } catch (error) {
      assertBlobError(error)
    }
  }))

test(
  'B45: frames that lie about their length are given whole, dropped at the end, or refused before room ' +
    'is made for them',
  (t) =>
    withSeeds(t, 300, async (dice) => {
      const frame = (): Buffer => {
        const body = Buffer.from(SECRET.repeat(dice.below(4)))
        const head = Buffer.alloc(4)
        head.writeUInt32BE(body.length)
        return Buffer.concat([head, body])
      }
      const bytes = damaged(dice, Buffer.concat([frame(), frame(), frame()]), frame())
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let at = 0, size = 1; at < bytes.length; at += size) {
          size = dice.between(1, 20)
          yield bytes.subarray(at, at + size)
        }
      }
      let given = 0
      try {
        for await (const each of framesOf(pieces())) given += 4 + each.length
        assert.ok(given <= bytes.length)
      } catch (error) {
        assert.equal((error as { code?: unknown }).code, 'E_RECORD_TOO_LARGE')
        assertSilent((error as Error).message)
      }
    }),
)

test(
  'B45: lines in damaged text are lines, or errors with a code and an offset, however the text is cut ' + 'into pieces',
  (t) =>
    withSeeds(t, 500, (dice) => {
      const text = Buffer.from(
        Array.from({ length: 10 }, () => dice.oneOf([SECRET, 'é', '日本', '\r', '', '😀'])).join('\n'),
      )
      const bytes = damaged(dice, text, text)
      const errors: { code: string; message: string; where: { offset?: unknown } }[] = []
      const buffer = new LineBuffer('the input', {
        maxLineBytes: 30,
        onBad: (error) => (errors.push(error), 'left-out'),
      })
      const lines: string[] = []
      for (let at = 0, size = 1; at < bytes.length; at += size) {
        size = dice.between(1, 9)
        lines.push(...buffer.push(bytes.subarray(at, at + size)))
      }
      lines.push(...buffer.end())
      for (const line of lines)
        assert.ok(Buffer.byteLength(line) <= 30 && !line.includes('\n') && !line.includes('\ufffd'))
      for (const { code, message, where } of errors) {
        assert.match(code, /^E_(DECODE_UTF8|RECORD_TOO_LARGE)$/)
        assert.ok(Number.isInteger(where.offset) && (where.offset as number) <= bytes.length)
        assertSilent(message)
      }
    }),
)
