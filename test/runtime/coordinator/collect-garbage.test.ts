import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'
import { ObjectKeys } from '../../../lib/checkpoint/object-keys.ts'
import { silentLog } from '../../../lib/host/log.ts'
import { collectGarbage, type GarbageReport } from '../../../lib/runtime/coordinator/collect-garbage.ts'
import { ProcessLife, World } from '../../support/lives.ts'
import type { Build } from '../../support/run.ts'

/** State of a few kB that changes with each batch, so that its objects are no part of their references. */
const build: Build = (input) => ({
  sums: input()
    .map((word: string) => [word, 'x'.repeat(200)] as [string, string])
    .updateStateByKey<string>((values, sum) => `${sum ?? ''}${values.join('')}`.slice(-2000)),
})
const batches = Array.from({ length: 12 }, (_, batch) => Array.from({ length: 30 }, (_w, i) => `${batch % 3} ${i}`))

const collect = (world: World): Promise<GarbageReport> =>
  collectGarbage('test', { head: world.head, blobs: world.blobs, log: silentLog, random: systemRandom })

/** A life of one batch, that deletes nothing. */
async function live(world: World): Promise<void> {
  const { coordinator } = await ProcessLife.begin(world, build, batches, { isBrief: true, sweeps: false })
  await coordinator.runBatch(coordinator.head.tick + 1)
  await coordinator.close()
}

const keysOf = (world: World): Promise<readonly string[]> => world.blobs.list('test/')

test('what lives of one batch leave behind goes, also where it is looked at now and then only', async () => {
  const [tidy, heap] = [new World(), new World()]
  let deleted = 0
  for (let batch = 0; batch < batches.length; batch++) {
    await live(heap)
    await live(tidy)
    if (batch % 3 === 2) deleted += (await collect(tidy)).deleted
  }
  const [left, all] = [await keysOf(tidy), await keysOf(heap)]
  assert.ok(deleted > 5 && left.length < all.length - 5, `${deleted} deleted, ${left.length} left of ${all.length}`)
  const goesOn = await ProcessLife.begin(tidy, build, [...batches, batches[0]])
  const shown = await goesOn.run()
  assert.equal(shown.length, 1)
  assert.deepEqual(tidy.shown.slice(0, heap.shown.length), heap.shown)
})

test('an object that nothing leads to goes once the floor has passed the batch at which it was found', async () => {
  const world = new World()
  await live(world)
  const { value } = (await world.head.read())!
  const keys = new ObjectKeys('test', value.inc)
  const stray = keys.state('sums', 1, 't0', systemRandom.newId(), 's')
  const early = keys.state('sums', 2, 't0', systemRandom.newId(), 's')
  for (const key of [stray, early]) await world.blobs.putNew(key, Buffer.from('left by an attempt that died'))
  const seen: boolean[][] = []
  for (let batch = 2; batch < 7; batch++) {
    await collect(world)
    const left = await keysOf(world)
    seen.push([stray, early].map((key) => left.includes(key)))
    await live(world)
  }
  // Until its number is committed the early one may be of the batch under way: it stands in the note after this one.
  assert.deepEqual(
    seen.map(([of1]) => of1),
    [true, true, false, false, false],
  )
  assert.deepEqual(
    seen.map(([, of2]) => of2),
    [true, true, true, true, false],
  )
})

test('of a former incarnation nothing stays; where there is no head, everything does', async () => {
  const world = new World()
  await live(world)
  const former = new ObjectKeys('test', 'before').shuffle(5, 0, 0, 't0', systemRandom.newId())
  await world.blobs.putNew(former, Buffer.from('x'))
  await collect(world)
  assert.ok(!(await keysOf(world)).includes(former))
  const headless = new World()
  await headless.blobs.putNew(former, Buffer.from('x'))
  assert.deepEqual(await collect(headless), { found: 1, deleted: 0, noted: 0 })
})

test('what an app that begins anew meanwhile has written is not of a former incarnation', async () => {
  const world = new World()
  await live(world)
  const fresh = new ObjectKeys('test', 'i9').state('sums', 1, 't0', systemRandom.newId(), 's')
  const read = async () => {
    const found = (await world.head.read())!
    await world.blobs.putNew(fresh, Buffer.from('of the new one'))
    return found
  }
  await collectGarbage('test', { head: { read }, blobs: world.blobs, log: silentLog, random: systemRandom })
  assert.ok((await keysOf(world)).includes(fresh))
})

test('a note counts as it was written: one that was changed names nothing, and goes', async () => {
  for (const isSound of [true, false]) {
    const world = new World()
    for (let batch = 0; batch < 5; batch++) await live(world)
    const { value } = (await world.head.read())!
    const keys = new ObjectKeys('test', value.inc)
    const stray = keys.state('sums', 5, 't0', systemRandom.newId(), 's')
    await world.blobs.putNew(stray, Buffer.from('left by an attempt that died'))
    const crc = crc32(JSON.stringify(isSound ? [stray] : ['another']))
    const note = keys.garbageNote(1, systemRandom.newId())
    await world.blobs.putNew(note, Buffer.from(JSON.stringify({ keys: [stray], crc })))
    await collect(world)
    const after = await keysOf(world)
    assert.deepEqual([after.includes(note), after.includes(stray)], [false, !isSound])
  }
})

test('while a note waits for the floor no other is written', async () => {
  const world = new World()
  for (let batch = 0; batch < 5; batch++) await live(world)
  const { value } = (await world.head.read())!
  const note = new ObjectKeys('test', value.inc).garbageNote(5, systemRandom.newId())
  await world.blobs.putNew(note, Buffer.from(JSON.stringify({ keys: [], crc: crc32('[]') })))
  const { noted } = await collect(world)
  assert.deepEqual([noted, (await keysOf(world)).filter((key) => key.includes('/gc/'))], [0, [note]])
})

test('what people have decided and what sources keep stays, whether anything leads to it or not', async () => {
  const world = new World()
  await live(world)
  const { value } = (await world.head.read())!
  const keys = new ObjectKeys('test', value.inc)
  const kept = [keys.deadLetterCommand('c'), keys.outputCommand('c'), `${keys.source('lines')}blocks/r/1-2`]
  for (const key of kept) await world.blobs.putNew(key, Buffer.from('x'))
  for (let batch = 0; batch < 5; batch++) {
    await live(world)
    await collect(world)
  }
  const after = await keysOf(world)
  assert.deepEqual(
    kept.filter((key) => !after.includes(key)),
    [],
  )
})

test('a note that is damaged names nothing, and goes', async () => {
  const world = new World()
  for (let batch = 0; batch < 5; batch++) await live(world)
  const { value } = (await world.head.read())!
  const live5 = (await keysOf(world)).filter((key) => key.includes('/st/'))
  const note = new ObjectKeys('test', value.inc).garbageNote(1, systemRandom.newId())
  await world.blobs.putNew(note, Buffer.from(JSON.stringify({ keys: live5, crc: 1 })))
  await collect(world)
  const after = await keysOf(world)
  assert.ok(!after.includes(note))
  assert.deepEqual(
    live5.filter((key) => !after.includes(key)),
    [],
  )
})

test('what a note names and a manifest has come to name since stays', async () => {
  const world = new World()
  for (let batch = 0; batch < 5; batch++) await live(world)
  const { value } = (await world.head.read())!
  const named = (await keysOf(world)).filter((key) => key.includes('/st/'))
  const note = new ObjectKeys('test', value.inc).garbageNote(1, systemRandom.newId())
  await world.blobs.putNew(note, Buffer.from(JSON.stringify({ keys: named, crc: crc32(JSON.stringify(named)) })))
  await collect(world)
  const { coordinator } = await ProcessLife.begin(world, build, batches, { isBrief: true, sweeps: false })
  assert.equal((await coordinator.runBatch(coordinator.head.tick + 1)).batch, 6)
  assert.ok(!(await keysOf(world)).includes(note), 'the note has been read')
})
