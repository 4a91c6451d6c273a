import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { ObjectKeys, parseKey } from '../../../lib/checkpoint/object-keys.ts'
import { putOutputCommand } from '../../../lib/checkpoint/output-commands.ts'
import type { OutputSink } from '../../../lib/index.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import type { EngineEvent } from '../../../lib/model/events.ts'
import type { Log } from '../../../lib/host/log.ts'
import { decideFence, sinkIsNewer } from '../../../lib/output/fence.ts'
import { ProcessLife, type Port, World } from '../../support/lives.ts'
import { type Build, START } from '../../support/run.ts'

const batches = Array.from({ length: 8 }, (_, i) => [[`key ${i}`, 1]])

/** A table with a fence, as a database keeps one; `isAway` says when it takes nothing. */
class Table {
  readonly taken: number[] = []
  #last: number | null = null
  isAway: (batch: number) => boolean = () => false
  /** The answer to this batch is lost. */
  silentAt = 0

  sink(): OutputSink<unknown> {
    return {
      name: 'table',
      guarantee: 'exactly-once',
      write: async (_records, delivery) => {
        if (this.isAway(delivery.batch)) throw new Error('the table is away')
        const decision = decideFence(this.#last, delivery.batch)
        if (decision === 'newer') throw sinkIsNewer(delivery, this.#last!, 'the table')
        if (decision === 'apply') this.taken.push((this.#last = delivery.batch))
        if (this.silentAt === delivery.batch) {
          this.silentAt = 0
          throw new Error('the answer was lost')
        }
      },
    }
  }
}

const writing =
  (table: Table, order: 'before' | 'after' = 'after'): Build =>
  (input) => {
    input().output('rows', table.sink(), { order })
    return {}
  }

/** Too much for a reference, so that there are objects to sweep. */
const large = batches.map((batch) => batch.map(([key]) => [`${key} ${'long '.repeat(400)}`, 1]))
const batchOf = (key: string): number => {
  const { kind, batch } = parseKey(key)!
  return kind === 'output' || kind === 'manifest' ? batch! : Infinity
}

const heard = { onError: () => {} }
const dyingAtMark = (batch: number): Port => {
  let marks = 0
  return async (call, run) => {
    if (call === 'head.cas mark' && ++marks >= batch) throw new Error('the process is gone')
    return run()
  }
}

test('a table that took an owed batch and a later one, unsaid by whoever wrote both, is not ahead', async () => {
  const [world, table] = [new World(), new Table()]
  table.silentAt = 1
  const first = await ProcessLife.begin(world, writing(table), batches, { ...heard, port: dyingAtMark(2) })
  await assert.rejects(first.run(2), { code: 'E_HEAD_UNREACHABLE' })
  const stored = (await world.head.read())!.value
  assert.deepEqual([table.taken, stored.committed, stored.owed.map(({ batch }) => batch)], [[1, 2], 2, [1]])

  const second = await ProcessLife.begin(world, writing(table), batches)
  await second.run(4)
  assert.deepEqual([table.taken, second.coordinator.head.owed], [[1, 2, 3, 4], []])
})

test('an output that is moved before the commit shows the batch that was committed without it', async () => {
  const [world, table] = [new World(), new Table()]
  const first = await ProcessLife.begin(world, writing(table), batches, { ...heard, port: dyingAtCommit })
  await assert.rejects(first.run(1))
  assert.deepEqual([table.taken, (await world.head.read())!.value.committed], [[], 1])

  const second = await ProcessLife.begin(world, writing(table, 'before'), batches)
  await second.run(3)
  assert.deepEqual(table.taken, [1, 2, 3])
})

const dyingAtCommit: Port = (() => {
  let isGone = false
  return async (call, run) => {
    if (isGone) throw new Error('the process is gone')
    const result = await run()
    isGone = call === 'head.cas commit'
    if (isGone) throw new Error('the process is gone')
    return result
  }
})()

test('an output that is moved before the commit while it owes batches shows them first', async () => {
  const [world, table] = [new World(), new Table()]
  table.isAway = (batch) => batch === 2
  const first = await ProcessLife.begin(world, writing(table), batches, heard)
  await first.run(2)
  assert.deepEqual([table.taken, first.coordinator.head.owed.length], [[1], 1])

  const second = await ProcessLife.begin(world, writing(table, 'before'), batches, heard)
  await assert.rejects(second.run(3), { code: 'E_OUTPUT', message: /it still owes batch 2/ })
  assert.deepEqual(table.taken, [1])
  table.isAway = () => false
  await second.run(4)
  assert.deepEqual(table.taken, [1, 2, 3, 4])
})

/** The place of a program's one output, away until it is said to be back, and the batches that it was asked to take. */
function placeThatIsAway(guarantee: OutputSink<unknown>['guarantee']) {
  const place = { asked: [] as number[], isAway: true, build }
  const sink: OutputSink<unknown> = {
    name: 'place',
    guarantee,
    write: async (_records, { batch }) => {
      place.asked.push(batch)
      if (place.isAway) throw new SluiceError('E_SINK_UNAVAILABLE', 'away', { did: 'nothing', next: [], retry: true })
    },
  }
  function build(input: Parameters<Build>[0]): ReturnType<Build> {
    input().output('rows', sink)
    return {}
  }
  return place
}

for (const guarantee of ['at-least-once', 'exactly-once'] as const)
  test(`a place that is away is not asked again with every batch, but once it is due: ${guarantee}`, async () => {
    const world = new World()
    const place = placeThatIsAway(guarantee)
    const { asked, build } = place
    const clock = new ManualClock(START)
    const life = await ProcessLife.begin(world, build, batches, { ...heard, clock, isPatient: true })
    await life.run(4)
    assert.deepEqual([asked, life.coordinator.head.owed.map(({ batch }) => batch)], [[1], [1, 2, 3, 4]])
    place.isAway = false
    clock.set(START + 3_600_000)
    await life.run(5)
    assert.deepEqual([asked.slice(1), life.coordinator.head.owed], [[1, 2, 3, 4, 5], []])
    await life.coordinator.close()
  })

for (const order of ['before', 'after'] as const)
  test(`a table that has taken batches which the app never had halts it, ${order} the commit`, async () => {
    const table = new Table()
    await (await ProcessLife.begin(new World(), writing(table), batches)).run(3)
    const restored = new World()
    const life = await ProcessLife.begin(restored, writing(table, order), batches, heard)
    await assert.rejects(life.run(1), { code: 'E_HALTED' })
    assert.match((await restored.head.read())!.value.halt?.reason ?? '', /^the head went back in time/)
    assert.deepEqual(table.taken, [1, 2, 3])
  })

test('at the end of a run what is owed is tried once more, whatever its wait says', async () => {
  const [world, table, clock] = [new World(), new Table(), new ManualClock(START)]
  table.isAway = () => true
  const life = await ProcessLife.begin(world, writing(table), batches, { ...heard, clock, isPatient: true })
  await life.run(3)
  table.isAway = () => false
  await life.coordinator.deliverAtLast()
  assert.deepEqual([table.taken, life.coordinator.head.owed], [[1, 2, 3], []])
  await life.coordinator.close()
})

test('who takes the app and cannot go on lets go of it: nobody waits for the end of its lease', async () => {
  const [world, table] = [new World(), new Table()]
  await (await ProcessLife.begin(world, writing(table), batches)).run(2)
  const port: Port = (call, run) => {
    if (call === 'blobs.list') throw new Error('the store is away')
    return run()
  }
  await assert.rejects(ProcessLife.begin(world, writing(table), batches, { ...heard, port }))
  const { holder, epoch } = (await world.head.read())!.value
  assert.deepEqual([holder, epoch], [null, 2])
})

test('what an output owed is swept once it is delivered, in the same life', async () => {
  const [world, table] = [new World(), new Table()]
  table.isAway = (batch) => batch === 1
  const life = await ProcessLife.begin(world, writing(table), large, heard)
  await life.run(1)
  table.isAway = () => false
  await life.run(8)
  await life.coordinator.close()
  assert.deepEqual(table.taken, [1, 2, 3, 4, 5, 6, 7, 8])
  assert.deepEqual(
    (await world.blobs.list('')).filter((key) => batchOf(key) < life.coordinator.head.gcFloor),
    [],
  )
})

/** A log, and what it has of one type. */
function heardLog(): { readonly log: Log; readonly of: (type: string) => any[] } {
  const events: EngineEvent[] = []
  return { log: { event: (event) => void events.push(event) }, of: (type) => events.filter((e) => e.type === type) }
}

test('at the end of a run what is not delivered is said with what the sink said last, and what to type', async () => {
  const [world, table, clock, { log, of }] = [new World(), new Table(), new ManualClock(START), heardLog()]
  const errors: SluiceError[] = []
  table.isAway = (batch) => batch >= 2
  const life = await ProcessLife.begin(world, writing(table), batches, {
    onError: (error) => void errors.push(error as SluiceError),
    clock,
    log,
    isPatient: true,
  })
  await life.run(4)
  assert.deepEqual([errors, of('output-held').map(({ owed }) => owed)], [[], [1]])
  await life.coordinator.deliverAtLast()
  const [{ code, message, next, where }, ...more] = errors
  assert.deepEqual([code, where.operator, more], ['E_OUTPUT', 'rows', []])
  assert.match(
    message,
    /^The run ends, and 3 batches are not delivered\. Output "rows" of batch 2 failed.*the table is away/,
  )
  assert.deepEqual(next.slice(-1), ['sluice outputs drop <dir> rows     to give them up'])
  table.isAway = () => false
  await life.coordinator.deliverAtLast()
  assert.deepEqual([errors.length, table.taken], [1, [1, 2, 3, 4]])
  assert.equal(of('output-released').length, 1)
  await life.coordinator.deliverAtLast()
  assert.equal(table.taken.length, 4)
  await life.coordinator.close()
})

test('E_OUTPUT_BACKLOG: with sixteen batches owed no further one is begun, until some are delivered', async () => {
  const many = Array.from({ length: 20 }, (_, i) => [[`key ${i}`, 1]])
  const [world, table] = [new World(), new Table()]
  table.isAway = () => true
  const life = await ProcessLife.begin(world, writing(table), many, heard)
  await assert.rejects(life.run(20), (error: SluiceError) => {
    assert.deepEqual([error.code, error.retry, error.where], ['E_OUTPUT_BACKLOG', true, { operator: 'rows', batch: 1 }])
    assert.equal(error.message, '16 outputs are owed, the oldest of batch 1: rows.')
    assert.deepEqual(error.next.slice(1), ['sluice outputs drop <dir> rows'])
    return true
  })
  assert.equal(life.coordinator.head.committed, 16)
  await assert.rejects(life.run(20), { code: 'E_OUTPUT_BACKLOG' })
  table.isAway = (batch) => batch > 3
  await life.run(17)
  assert.deepEqual([table.taken, life.coordinator.head.owed.length], [[1, 2, 3], 14])
  table.isAway = () => false
  await life.run(20)
  assert.deepEqual([table.taken.length, life.coordinator.head.owed], [20, []])
  await life.coordinator.close()
})

test('what somebody gives up is counted and said, and what they did not mean is still delivered', async () => {
  const [world, table, { log, of }] = [new World(), new Table(), heardLog()]
  table.isAway = () => true
  const life = await ProcessLife.begin(world, writing(table), batches, { ...heard, log })
  await life.run(3)
  const { app, inc } = life.coordinator.head
  const keys = new ObjectKeys(app, inc)
  await putOutputCommand(world.blobs, keys, { verb: 'drop', outputs: ['rows'], upTo: 2 }, 'c1')
  await life.run(4)
  assert.deepEqual(
    [
      life.coordinator.head.owed.map(({ batch }) => batch),
      of('output-dropped').map(({ output, owed }) => [output, owed]),
    ],
    [[3, 4], [['rows', 2]]],
  )
  assert.deepEqual(await world.blobs.list(keys.outputCommands), [])
  table.isAway = () => false
  await life.run(5)
  assert.deepEqual([table.taken, of('output-dropped').length], [[3, 4, 5], 1])
  await life.coordinator.close()
})

test('a batch says what each output owes after it', async () => {
  const [world, table, { log, of }] = [new World(), new Table(), heardLog()]
  table.isAway = (batch) => batch === 2 || batch === 3
  let failures = 0
  const life = await ProcessLife.begin(world, writing(table), batches, { log, onError: () => failures++ })
  await life.run(3)
  table.isAway = () => false
  await life.run(4)
  assert.deepEqual(
    of('batch').map(({ batch, backlog }) => [batch, backlog]),
    [
      [1, {}],
      [2, { rows: 1 }],
      [3, { rows: 2 }],
      [4, {}],
    ],
  )
  // Batch 2 when it was new, and when the next one came; the one behind it was not tried.
  assert.equal(failures, 2)
  await life.coordinator.close()
})

for (const guarantee of ['at-least-once', 'exactly-once'] as const)
  test(`a place that is away is asked once for all, and once more for who says so: ${guarantee}`, async () => {
    const [world, clock, { log, of }] = [new World(), new ManualClock(START), heardLog()]
    const place = placeThatIsAway(guarantee)
    const { asked, build } = place
    const life = await ProcessLife.begin(world, build, batches, { ...heard, clock, log, isPatient: true })
    await life.run(3)
    await life.coordinator.deliverAtLast()
    assert.deepEqual(asked, [1, 1])
    const { app, inc } = life.coordinator.head
    const keys = new ObjectKeys(app, inc)
    // The wait for the next try is longer than the test: somebody asks for it now.
    await life.run(4)
    assert.deepEqual(asked, [1, 1])
    await putOutputCommand(world.blobs, keys, { verb: 'retry', outputs: ['rows'], upTo: 4 }, 'c1')
    await life.run(5)
    assert.deepEqual([asked, of('output-held').length], [[1, 1, 1], 3])
    place.isAway = false
    await putOutputCommand(world.blobs, keys, { verb: 'drop', outputs: ['rows'], upTo: 5 }, 'c2')
    await life.run(6)
    assert.deepEqual([asked.slice(3), life.coordinator.head.owed], [[6], []])
    assert.equal(of('output-released').length, 1)
    await life.coordinator.close()
  })

test('E_HALTED: a table with later batches of another life halts an app that owes it some', async () => {
  const [world, table] = [new World(), new Table()]
  table.isAway = () => true
  const life = await ProcessLife.begin(world, writing(table), batches, heard)
  await life.run(2)
  table.isAway = () => false
  await (await ProcessLife.begin(new World(), writing(table), batches)).run(8)
  await assert.rejects(life.run(3), { code: 'E_HALTED' })
  const { halt, owed } = (await world.head.read())!.value
  assert.match(halt?.reason ?? '', /^the head went back in time/)
  assert.deepEqual([owed.length, table.taken], [2, [1, 2, 3, 4, 5, 6, 7, 8]])
})

test('a batch whose plan another life has opened is reported like any other', async () => {
  const [world, table, { log, of }] = [new World(), new Table(), heardLog()]
  table.isAway = () => true
  const first = await ProcessLife.begin(world, writing(table, 'before'), batches, heard)
  await assert.rejects(first.run(1))
  await first.coordinator.close()
  table.isAway = () => false
  const second = await ProcessLife.begin(world, writing(table, 'before'), batches, { log })
  await second.run(2)
  assert.deepEqual(
    of('batch').map(({ batch }) => batch),
    [1, 2],
  )
  await second.coordinator.close()
})
