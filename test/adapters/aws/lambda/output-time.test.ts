import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import type { Delivery, OutputSink } from '../../../../lib/index.ts'
import type { SluiceError } from '../../../../lib/model/errors.ts'
import { emulated } from '../emulated.ts'
import { deployed } from './deployment.ts'

const servers = await emulated()

/** A sink whose place takes everything, or nothing until it is told to stop. */
class Place {
  isSlow = true
  readonly taken: string[] = []
  readonly deliveries: Delivery[] = []

  readonly sink: OutputSink<string> = {
    name: 'place',
    guarantee: 'at-least-once',
    write: async (records, delivery) => {
      this.deliveries.push(delivery)
      if (this.isSlow)
        await new Promise((_resolve, reject) => {
          delivery.signal!.addEventListener('abort', () => reject(delivery.signal!.reason as Error))
        })
      this.taken.push(...records)
    },
  }
}

test('an output function that runs out of time stops its outputs, and what it owes is shown later', async () => {
  const place = new Place()
  const { put, tick, saved, head, clock } = await deployed(
    servers,
    (ssc, folder) => {
      const lines = ssc.source('lines', s3TextFiles(`${folder}/in`))
      lines.output('place', place.sink)
      lines.map((line) => [line, 1]).saveAsTextFiles(`${folder}/out/counts`)
    },
    { outputMs: 500 },
  )
  await put('1', 'a')
  await assert.rejects(
    tick(),
    (error: SluiceError) => error.code === 'E_SINK_UNAVAILABLE' && /no time left/.test(error.message),
  )
  assert.equal(place.deliveries[0].notAfter, clock.now() + 500)
  // The other output came after the end of the time.
  assert.deepEqual([await saved(), (await head()).committed], [[], 1])
  place.isSlow = false
  await put('2', 'b')
  await tick()
  assert.deepEqual(
    [await saved(), place.taken],
    [
      [{ a: 1 }, { b: 1 }],
      ['a', 'b'],
    ],
  )
  assert.ok(place.deliveries.slice(1).every(({ signal }) => !signal!.aborted))
})
