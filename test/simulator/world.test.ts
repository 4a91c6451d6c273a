import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { World } from '../../lib/simulator/world.ts'

test(
  'virtual time stands still while something real happens, however many turns of the event loop that ' + 'takes',
  async () => {
    const world = new World(0)
    const seen: string[] = []
    world.after(
      10,
      () =>
        void world.real(
          (async () => {
            for (let i = 0; i < 5; i++) await readFile(import.meta.filename)
            seen.push(`read at ${world.now()}`)
          })(),
        ),
    )
    world.after(11, () => seen.push(`next at ${world.now()}`))
    await world.run(() => false, 100)
    assert.deepEqual(seen, ['read at 10', 'next at 11'])
  },
)

test('something real that fails lets time go on', async () => {
  const world = new World(0)
  const seen: string[] = []
  world.after(1, () => void world.real(readFile('/nowhere/at/all')).catch(() => seen.push('failed')))
  world.after(2, () => seen.push('next'))
  await world.run(() => false, 100)
  assert.deepEqual(seen, ['failed', 'next'])
})
