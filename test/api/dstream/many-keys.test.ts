import { test } from 'node:test'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { BATCH_MS, type Build, check } from '../../support/run.ts'

const KEYS = 150_000

test('a window over more keys than a call takes arguments goes on after a restart', async (t) => {
  const counts: Build = (input) =>
    input()
      .flatMap((first: number) => (first === 0 ? Array.from({ length: KEYS }, (_, i) => [`key-${i}`, 1]) : []))
      .reduceByKeyAndWindow(
        (a: number, b: number) => a + b,
        (a: number, b: number) => a - b,
        60 * BATCH_MS,
        BATCH_MS,
        { partitions: 1 },
      )
      .count()
  await check(counts, {
    batches: [[0], [1], [1], [1]],
    expected: Array.from({ length: 4 }, () => [KEYS]),
    dir: await temporaryFolder(t),
    lives: [{ batches: 2 }, { batches: 2 }],
  })
})
