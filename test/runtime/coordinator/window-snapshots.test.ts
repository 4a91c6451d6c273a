import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DStream, seconds } from '../../../lib/index.ts'
import { ProcessLife, World } from '../../support/lives.ts'

const batches = Array.from({ length: 12 }, (_, i) => [`w${i % 3}`])

test('the result of a window with an inverse is written at its checkpoints, and at no other slide', async () => {
  const world = new World()
  const build = (input: () => DStream<string>): DStream<any> =>
    input()
      .map((word): [string, number] => [word, 1])
      .reduceByKeyAndWindow(
        (a, b) => a + b,
        (a, b) => a - b,
        seconds(4),
        seconds(2),
      )
      .checkpoint(seconds(4))
  const { coordinator } = await ProcessLife.begin(world, (input) => ({ sums: build(input) }), batches)
  const { zeroTime } = coordinator.head
  const written: (number | null)[] = []
  for (let batch = 1; batch <= batches.length; batch++) {
    await coordinator.runBatch(coordinator.head.tick + 1)
    const [{ slideTime }] = Object.values(coordinator.manifest!.state)
    written.push(slideTime === undefined ? null : (slideTime - zeroTime) / 1000)
  }
  await coordinator.close()
  assert.deepEqual(written, [null, null, null, 4, 4, 4, 4, 8, 8, 8, 8, 12])
})
