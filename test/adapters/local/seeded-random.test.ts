import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Random } from '../../../lib/host/random.ts'
import { SeededRandom } from '../../../lib/adapters/local/seeded-random.ts'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'

for (const [name, random] of [
  ['system', systemRandom],
  ['seeded', new SeededRandom(7)],
] as [string, Random][]) {
  test(`${name} random: runs are 32 hex digits and differ, numbers fill [0, 1) evenly`, () => {
    const runs = Array.from({ length: 1000 }, () => random.newId())
    for (const run of runs) assert.match(run, /^[0-9a-f]{32}$/)
    assert.equal(new Set(runs).size, runs.length)
    const tenths = Array<number>(10).fill(0)
    for (let i = 0; i < 10_000; i++) tenths[Math.floor(random.next() * 10)]++
    for (const count of tenths) assert.ok(count > 800 && count < 1200, tenths.join())
  })
}

test('one seed gives one sequence, close seeds give others', () => {
  const draw = (seed: number): number[] => {
    const random = new SeededRandom(seed)
    return Array.from({ length: 5 }, () => random.next())
  }
  assert.deepEqual(draw(1), draw(1))
  assert.equal(new Set([0, 1, 2, 3].flatMap(draw)).size, 20)
})
