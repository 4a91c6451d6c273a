import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Fate,
  recordId,
  type RecordService,
  type RecordSinkOptions,
  sendRecords,
} from '../../../../lib/adapters/aws/send/send-records.ts'
import { unsendable } from '../../../../lib/adapters/aws/send/text-message.ts'
import { hasCode, SluiceError } from '../../../../lib/model/errors.ts'
import { delivery } from '../../../../lib/testing/contracts/sink-rows.ts'
import { withSeeds } from '../../../support/dice.ts'

interface Item {
  readonly id: string
  readonly record: number
}

/** A service in memory that does with each record what `fate` says, and keeps the requests that it was sent. */
function serviceOf(fate: (record: number) => Fate | Error, laneOf: (record: number) => string | null = () => null) {
  const requests: Item[][] = []
  const taken: Item[] = []
  const service: RecordService<number, Item> = {
    shown: 'memory',
    limits: { count: 5, bytes: 100 },
    blames: new Set(['BadRecord']),
    outgoing: (record, id, path) => {
      if (record < 0) throw unsendable(path, 'is negative')
      return { message: { id, record }, bytes: 1 + (record % 60), lane: laneOf(record) }
    },
    async send(messages) {
      requests.push([...messages])
      const fates = messages.map(({ record }) => fate(record))
      for (const each of fates) if (each instanceof Error) throw each
      for (const [i, each] of fates.entries()) if ((each as Fate).kind === 'taken') taken.push(messages[i])
      return fates as Fate[]
    },
  }
  return { service, requests, taken }
}

const refusal = (name: string, status = 400): Error =>
  Object.assign(new Error(`${name} says the service`), {
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
  })

const send = (
  records: readonly number[],
  service: RecordService<number, Item>,
  options: RecordSinkOptions<number> = {},
): Promise<void> => sendRecords(records, delivery(1), service, options)

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

test('F60: of many records only those that the service did not take are sent again, and none is missing', (t) =>
  withSeeds(t, 20, async (dice) => {
    const { service, requests, taken } = serviceOf(() =>
      dice.chance(0.05) ? refusal('Slow', 503) : dice.chance(0.3) ? { kind: 'again', why: 'busy' } : { kind: 'taken' },
    )
    const records = upTo(dice.between(1, 200))
    await send(records, service, { attempts: 1000, parallel: dice.between(1, 4) })
    assert.deepEqual(
      taken.map(({ record }) => record).toSorted((a, b) => a - b),
      records,
    )
    assert.ok(
      taken.every(({ record, id }) => id === recordId(delivery(1), record)),
      'an id changed from one request to the next',
    )
    for (const request of requests) {
      assert.ok(request.length <= 5)
      const bytes = request.reduce((sum, { record }) => sum + 1 + (record % 60), 0)
      assert.ok(request.length === 1 || bytes <= 100, `${bytes} bytes`)
    }
  }))

test('records of one lane arrive in their order, whatever the service refuses for the moment', (t) =>
  withSeeds(t, 20, async (dice) => {
    const lanes = dice.between(1, 6)
    const { service, taken } = serviceOf(
      () => (dice.chance(0.4) ? { kind: 'again', why: 'busy' } : { kind: 'taken' }),
      (record) => `lane ${record % lanes}`,
    )
    await send(upTo(60), service, { attempts: 1000 })
    for (let lane = 0; lane < lanes; lane++) {
      const order = taken.map(({ record }) => record).filter((record) => record % lanes === lane)
      assert.deepEqual(
        order,
        upTo(60).filter((record) => record % lanes === lane),
      )
    }
  }))

test('a record that the service will never take fails its partition, or is left out and told', async () => {
  const one = (record: number): Fate => (record === 7 ? { kind: 'refused', why: 'no sevens' } : { kind: 'taken' })
  await assert.rejects(
    send(upTo(20), serviceOf(one).service),
    (error) => hasCode(error, 'E_SINK_REJECTED') && error.message.includes('record[7]'),
  )
  await assert.rejects(send([1, -1], serviceOf(one).service), (error) => hasCode(error, 'E_SINK_VALUE'))
  const told: [number, string][] = []
  const { service, taken } = serviceOf(one)
  await send([...upTo(10), -1], service, {
    onRecordError: 'skip',
    onSkip: (record, error) => told.push([record, error.code]),
  })
  assert.deepEqual(told, [
    [-1, 'E_SINK_VALUE'],
    [7, 'E_SINK_REJECTED'],
  ])
  assert.equal(taken.length, 9)
})

test('a request that is refused for one of its records is sent in parts until that record is known', async () => {
  const { service, taken } = serviceOf((record) => (record === 3 ? refusal('BadRecord') : { kind: 'taken' }))
  const told: number[] = []
  await send(upTo(10), service, { onRecordError: 'skip', onSkip: (record) => told.push(record) })
  assert.deepEqual(told, [3])
  assert.deepEqual(
    taken.map(({ record }) => record).toSorted((a, b) => a - b),
    upTo(10).filter((n) => n !== 3),
  )
})

test('a place that is not there fails the partition at once, also where records may be left out', async () => {
  const { service, requests } = serviceOf(() => refusal('ResourceNotFoundException'))
  await assert.rejects(send(upTo(10), service, { onRecordError: 'skip', parallel: 1 }), (error) =>
    hasCode(error, 'E_SINK_REJECTED'),
  )
  assert.equal(requests.length, 1)
})

test('waits grow, end after the last attempt, and are not begun when they would end too late', async () => {
  let now = 0
  const waits: number[] = []
  const clock = {
    now: () => now,
    sleepUntil: async (time: number) => {
      waits.push(time - now)
      now = time
    },
  }
  const busy = (): Fate => ({ kind: 'again', why: 'ProvisionedThroughputExceededException' })
  const unavailable = (error: unknown): boolean =>
    hasCode(error, 'E_SINK_UNAVAILABLE') && error.retry && error.message.includes('ProvisionedThroughput')
  await assert.rejects(sendRecords([1], { ...delivery(1), clock }, serviceOf(busy).service, {}), unavailable)
  assert.equal(waits.length, 7)
  assert.ok(waits[6] > waits[0] * 8, String(waits))
  waits.length = 0
  const notAfter = now + 200
  const ending = sendRecords([1], { ...delivery(1), clock, notAfter }, serviceOf(busy).service, {})
  await assert.rejects(ending, unavailable)
  assert.ok(now < notAfter)
  assert.ok(waits.length >= 1 && waits.length < 4, String(waits))
})

test('an error of the sink says which output and partition it was', async () => {
  const { service } = serviceOf(() => ({ kind: 'again', why: 'busy' }))
  await assert.rejects(
    sendRecords([1], delivery(3, 2, 4), service, { attempts: 1 }),
    (error) => error instanceof SluiceError && error.where.batch === 3 && error.where.partition === 2,
  )
})
