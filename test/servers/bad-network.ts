import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/adapters/local/system-clock.ts'
import type { OutputSink } from '../../lib/adapters/index.ts'
import { delivery } from '../../lib/testing/contracts/sink-rows.ts'
import { withSeeds } from '../support/dice.ts'
import { FaultProxy } from './fault-proxy.ts'
import { insist } from './sql-laws.ts'

/** A server that can be reached by a way that is not its own. */
interface Reachable {
  readonly name: string
  readonly port: number
  /** Where its clients are sent, if it says so itself. */
  readonly at?: number
  /** How many random networks it meets (default 3). */
  readonly runs?: number
  /** Whether its clients give up on a connection that falls silent. */
  readonly silent: boolean
  /** Makes an empty place. */
  prepare(place: string): Promise<void>
  /** A sink of numbers into `place`, over `port`. */
  open(port: number, place: string): OutputSink<number>
  /** What is there, sorted. */
  read(place: string): Promise<number[]>
}

const BATCHES = 12
const PARTITIONS = 2

async function writeBatch(sink: OutputSink<number>, batch: number, place: string): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await insist(() =>
      sink.write(
        [0, 1, 2].map((n) => 100 * batch + 10 * partition + n),
        { ...delivery(batch, partition, PARTITIONS, { sink: place }), clock: systemClock },
      ),
    )
  }
}

/** Sinks over a network that does to connections what networks do. */
export function badNetworkLaw({ name, port, at = 0, runs = 3, silent, prepare, open, read }: Reachable): void {
  test(
    `F68: ${name}: over connections that are slow, reset, cut ` +
      `off${silent ? ', silent or half open' : ''}, every row is there once`,
    (t) =>
      withSeeds(t, runs, async (dice, seed) => {
        const proxy = await FaultProxy.before(port, dice, { silent, at })
        const place = `net${seed}`
        await prepare(place)
        let sink = open(proxy.port, place)
        try {
          for (let batch = 1; batch <= BATCHES; batch++) {
            await writeBatch(sink, batch, place)
            if (dice.chance(0.5)) continue
            // Another process, as far as the server can tell: with connections of its own.
            await sink.close?.()
            sink = open(proxy.port, place)
          }
          t.diagnostic(
            [...proxy.happened]
              .map(([what, times]) => `${what} ${times}`)
              .sort()
              .join(', '),
          )
        } finally {
          await sink.close?.().catch(() => {})
          await proxy.close()
        }
        const expected = Array.from({ length: BATCHES }, (_, b) =>
          Array.from({ length: PARTITIONS }, (_unused, p) => [0, 1, 2].map((n) => 100 * (b + 1) + 10 * p + n)),
        ).flat(2)
        assert.deepEqual(await read(place), expected)
      }),
  )
}
