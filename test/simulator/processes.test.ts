import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFaults, Tally } from '../../lib/simulator/campaign.ts'
import { spread } from '../../lib/simulator/processes.ts'

const first = Number(process.env['SLUICE_SEED'] ?? 1)

test('seeds that are spread over two processes come to the same sums as in one', async () => {
  const here = new Tally()
  await randomFaults(first, first + 7, here)
  const { runs, batches, calls, happened, found } = await spread(2, first, first + 7, [])
  assert.deepEqual(
    { runs, batches, calls, happened, found },
    { runs: 7, batches: here.batches, calls: here.calls, happened: Object.fromEntries(here.happened), found: [] },
  )
})
