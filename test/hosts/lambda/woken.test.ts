import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { silentLog } from '../../../lib/host/log.ts'
import type { DescribedProgram } from '../../../lib/hosts/lambda/calls.ts'
import type { Invocation } from '../../../lib/hosts/lambda/invocation.ts'
import { woken, type WokenOutcome } from '../../../lib/hosts/lambda/woken.ts'
import type { Wake } from '../../../lib/runtime/coordinator/wakes.ts'

const NOW = 1_000_000
const program = { app: 'a', facts: { intervalMs: 10_000, conf: {} } } as unknown as DescribedProgram

/** What an invocation at `NOW` comes to, and when it was lived; `null`: it was not, within three seconds. */
async function lived(wakes: readonly Wake[]): Promise<{ outcome: WokenOutcome | null; at: number | null }> {
  const clock = new ManualClock(NOW)
  const host = { clock, log: silentLog, settings: { tickQueue: 'queue' } } as unknown as Parameters<typeof woken>[2]
  let at: number | null = null
  let outcome: WokenOutcome | null = null
  const over = woken({ wakes, messages: [] } as unknown as Invocation, program, host, async () => {
    at = clock.now()
    return { kind: 'ran', batches: 1, planned: 1, committed: 1, nextAt: NOW }
  }).then((each) => (outcome = each))
  for (let ms = 0; ms < 3000; ms += 100) await clock.advance(100)
  if (at !== null || outcome !== null) await over
  return { outcome, at }
}

const tick = (at: number): Wake => ({ kind: 'tick', at })

test('a tick that has come is run at once, one that is a little early is waited for, and no other', async () => {
  assert.equal((await lived([tick(NOW - 5000)])).at, NOW)
  assert.equal((await lived([tick(NOW + 1500)])).at, NOW + 1500)
  assert.equal((await lived([tick(NOW + 2001)])).at, NOW)
  assert.equal((await lived([tick(NOW - 1), tick(NOW + 700), tick(NOW + 60_000)])).at, NOW + 700)
})

test('a tick that is older than two intervals is dropped, and one beside it is run', async () => {
  assert.deepEqual(await lived([tick(NOW - 20_001)]), { outcome: { kind: 'idle', dropped: 1, covered: 0 }, at: null })
  assert.equal((await lived([tick(NOW - 20_001), tick(NOW - 20_000)])).at, NOW)
})
