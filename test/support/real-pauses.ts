import type { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { systemClock } from '../../lib/adapters/local/system-clock.ts'
import type { Clock } from '../../lib/host/clock.ts'

/** Nobody moves the clock while a tick runs: what is waited for within a batch passes as it does outside. */
export const withRealPauses = (clock: ManualClock): Clock => ({
  now: () => clock.now(),
  sleepUntil(time, signal, idle) {
    const ms = time - clock.now()
    return ms > PAUSE_MS_MAX ? clock.sleepUntil(time, signal) : systemClock.sleepUntil(Date.now() + ms, signal, idle)
  },
})

const PAUSE_MS_MAX = 5000
