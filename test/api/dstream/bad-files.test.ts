import assert from 'node:assert/strict'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { inspect } from 'node:util'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { runBatches, START } from '../../support/run.ts'
import { assertRefusal, assertSilent, SECRET } from '../../support/secret.ts'

const cases: readonly [id: string, sentence: string, content: Uint8Array, code: string, offset: number | undefined][] =
  [
    [
      'B20',
      'a byte that is not UTF-8',
      Buffer.concat([Buffer.from(`ok\n${SECRET} `), Buffer.from([0xe9, 10])]),
      'E_DECODE_UTF8',
      4 + SECRET.length,
    ],
    [
      'B20',
      'a character that the file ends within',
      Buffer.concat([Buffer.from(SECRET), Buffer.from('é').subarray(0, 1)]),
      'E_DECODE_UTF8',
      SECRET.length,
    ],
    ['B21', 'a line of more than a megabyte', Buffer.from(`ok\n${SECRET.repeat(100_000)}\n`), 'E_RECORD_TOO_LARGE', 3],
    [
      'B22',
      'a gzip file that unpacks to a thousand times its size',
      gzipSync(Buffer.alloc(60 * 2 ** 20, `${SECRET}\n`)),
      'E_FILE_INFLATE',
      undefined,
    ],
    ['B22', 'a gzip file within a gzip file', gzipSync(gzipSync(Buffer.alloc(60 * 2 ** 20, 10))), 'E_DECODE_UTF8', 1],
    [
      'B23',
      'a gzip file that was cut off',
      gzipSync(`${SECRET}\n`.repeat(1000)).subarray(0, -9),
      'E_FILE_CORRUPT',
      undefined,
    ],
    [
      'B23',
      'a gzip file that something follows',
      Buffer.concat([gzipSync(`${SECRET}\n`), Buffer.from(SECRET)]),
      'E_FILE_CORRUPT',
      undefined,
    ],
  ]

for (const [id, sentence, content, code, offset] of cases) {
  test(
    `${id}: ${sentence} fails its batch with code, file, offset, operator, partition and batch; nothing ` +
      'of the file is shown or said',
    async (t) => {
      const folder = await temporaryFolder(t)
      for (const [name, bytes, arrivesMs] of [
        ['good', Buffer.from('good\n'), 500],
        ['bad', content, 1500],
      ] as const) {
        await writeFile(join(folder, name), bytes)
        await utimes(join(folder, name), (START + arrivesMs) / 1000, (START + arrivesMs) / 1000)
      }
      const isCutShort = /(cut off|ends within)$/.test(sentence)
      const { errors, shown } = await runBatches(
        (_input, context) => ({ lines: context.textFileStream(folder).map((line) => line) }),
        [],
        // What is cut short is taken for a file that is still being written, for two seconds.
        { lives: [{ batches: isCutShort ? 4 : 2 }] },
      )
      const error = assertRefusal(errors[0], code)
      const { batch, operator, place, partition, detail } = error.where
      assert.deepEqual([batch, error.where.offset, typeof partition], [isCutShort ? 4 : 2, offset, 'number'])
      assert.ok(`${detail} ${error.message}`.includes(join(folder, 'bad')), `${detail} · ${error.message}`)
      assert.ok(operator !== undefined && place !== undefined)
      assert.deepEqual(shown['lines']?.flat(), ['good'])
      assertSilent(inspect(shown))
    },
  )
}
