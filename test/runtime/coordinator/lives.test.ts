import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { ObjectKeys, parseKey } from '../../../lib/checkpoint/object-keys.ts'
import { acquired } from '../../../lib/checkpoint/transition.ts'
import type { OutputSink } from '../../../lib/index.ts'
import { ProcessLife, type Port, World } from '../../support/lives.ts'
import { BATCH_MS, type Build, START } from '../../support/run.ts'

/** Too much for a reference, so that there are objects to sweep. */
const batches = Array.from({ length: 10 }, (_, i) => [`${i} ${'long '.repeat(1200)}`])
const heard = { onError: () => {} }

/** Which batches a sink was given, with the number that begins its record. */
class Place {
  readonly taken: (readonly [batch: number, text: string])[] = []
  isAway: (batch: number) => boolean = () => false

  readonly sink: OutputSink<unknown> = {
    name: 'place',
    guarantee: 'at-least-once',
    write: async (records, { batch }) => {
      if (this.isAway(batch)) throw new Error('the place is away')
      this.taken.push([batch, String([...records][0]).split(' ')[0]])
    },
  }

  build(order: 'before' | 'after' = 'after'): Build {
    return (input) => {
      input().output('rows', this.sink, { order })
      return {}
    }
  }
}

for (const [lives, restartsAfter] of [
  ['in one life', []],
  ['over two', [1]],
  ['over many', [1, 2, 3, 4, 5, 6, 7, 8, 9]],
] as const)
  test(`what is owed is kept until a start delivers it, behind the floor, ${lives}`, async () => {
    const [world, place] = [new World(), new Place()]
    place.isAway = (batch) => batch === 1
    let life = await ProcessLife.begin(world, place.build(), batches, heard)
    for (let batch = 1; batch <= 9; batch++) {
      await life.run(batch)
      if (!restartsAfter.some((each) => each === batch)) continue
      await life.coordinator.close()
      life = await ProcessLife.begin(world, place.build(), batches, heard)
    }
    assert.ok(life.coordinator.head.gcFloor > 3)
    place.isAway = () => false
    await life.run(10)
    await life.coordinator.close()
    life = await ProcessLife.begin(world, place.build(), batches)
    assert.deepEqual(
      place.taken.find(([batch]) => batch === 1),
      [1, '0'],
    )
    assert.deepEqual(life.coordinator.head.owed, [])
  })

test('an output that comes before the commit is not shown once more after it', async () => {
  const [world, place] = [new World(), new Place()]
  const life = await ProcessLife.begin(world, place.build('before'), batches)
  await life.run(4)
  await life.coordinator.close()
  assert.deepEqual(
    place.taken.map(([batch]) => batch),
    [1, 2, 3, 4],
  )
})

test('what a former incarnation has left goes, and a coordinator is closed when all that is due is gone', async () => {
  const [world, place] = [new World(), new Place()]
  const former = new ObjectKeys('test', 'before').state('sums', 7, 't0', 'r', 's')
  await (await ProcessLife.begin(world, place.build(), batches)).run(1)
  await world.blobs.putNew(former, Buffer.from('x'))
  let underWay = 0
  const port: Port = async (call, run) => {
    if (call !== 'blobs.delete') return run()
    underWay++
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    underWay--
    return run()
  }
  const life = await ProcessLife.begin(world, place.build(), batches, { port })
  await life.run(8)
  await life.coordinator.close()
  assert.equal(underWay, 0)
  const keys = await world.blobs.list('')
  assert.ok(!keys.includes(former))
  const { gcFloor } = life.coordinator.head
  assert.deepEqual(
    keys.filter((key) => parseKey(key)!.kind === 'output' && parseKey(key)!.batch! < gcFloor),
    [],
  )
})

test('while an app goes on, whether it is paused is asked once an interval', async () => {
  const [world, place, clock] = [new World(), new Place(), new ManualClock(START)]
  let reads = 0
  const read = world.control.read.bind(world.control)
  world.control.read = () => (reads++, read())
  const { coordinator } = await ProcessLife.begin(world, place.build(), batches, { clock })
  const asked: number[] = []
  for (const ms of [0, 10, BATCH_MS - 1, BATCH_MS, BATCH_MS + 1, 5 * BATCH_MS]) {
    clock.set(START + ms)
    assert.equal(await coordinator.paused(), null)
    asked.push(reads)
  }
  assert.deepEqual(asked, [1, 1, 1, 2, 2, 3])
  await coordinator.close()
})

test('E_FENCED: a batch of who is replaced meanwhile fails with that, whatever else failed then', async () => {
  const [world, place, clock] = [new World(), new Place(), new ManualClock(START)]
  const port: Port = async (call, run) => {
    if (call !== 'launch') return run()
    const { rev, value } = (await world.head.read())!
    const by = { graph: value.graph, conf: value.conf, intervalMs: value.intervalMs, zeroTime: value.zeroTime }
    await world.head.cas(rev, acquired(value, { ...by, holder: 'other', leaseUntil: 0 }), 'acquire')
    await clock.advance(60_000)
    throw new Error('the worker was told to stop')
  }
  const build: Build = (input) => input().groupByKey(2)
  const life = await ProcessLife.begin(world, build, [[['a', 1]]], { ...heard, clock, port, slots: 2 })
  await assert.rejects(life.run(1), { code: 'E_FENCED' })
  assert.deepEqual([world.shown, place.taken], [[], []])
})
