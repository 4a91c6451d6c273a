import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

export type Gate = 'quiet' | 'busy'

const BUSY_MAX = 0.08
const LOOK_MS = 1_500
const PATIENCE_MS = 240_000

/**
 * Waits until the machine does nothing else. After `patienceMs` it gives up, and what is measured then proves nothing.
 */
export async function waitForQuiet(patienceMs = PATIENCE_MS): Promise<Gate> {
  const since = performance.now()
  while ((await busyShare(LOOK_MS)) >= BUSY_MAX) if (performance.now() - since >= patienceMs) return 'busy'
  return 'quiet'
}

async function busyShare(ms: number): Promise<number> {
  const before = ticks()
  await sleep(ms)
  const after = ticks()
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all)
}

function ticks(): { idle: number; all: number } {
  let [idle, all] = [0, 0]
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.idle + times.user + times.sys + times.nice + times.irq
  }
  return { idle, all }
}
