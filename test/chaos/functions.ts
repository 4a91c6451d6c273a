import { execFile } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { SeededRandom } from '../../lib/adapters/local/seeded-random.ts'
import { createStores, type Emulators, startEmulators } from '../../lib/hosts/offline/emulators.ts'
import { type OfflineStage, startStage } from '../../lib/hosts/offline/offline-stage.ts'
import { serverlessOptions } from '../../lib/hosts/serverless/options.ts'
import { messageOf } from '../../lib/model/errors.ts'
import { processesOf } from '../e2e/function-processes.ts'
import { throughWithOneMore } from './one-process.ts'
import type { Killed, Scene, SceneRequest } from './scene.ts'
import { plainNeeds } from '../support/plain-needs.ts'

/** Which function is struck, by its share of blows: a coordinator leaves a lease that the next one has to wait for. */
const SHARES = { coordinator: 0.1, output: 0.35, task: 0.55 } as const
type Victim = keyof typeof SHARES
const PAUSE_MS = { min: 200, max: 1200 }
/** A blow in ten stops its victim and wakes it instead. */
const STOP_SHARE = 0.1
const STOP_MS_MAX = 400
/** A schedule, quicker than a real one, and how long a coordinator goes on that it wakes. */
const [TICK_MS, LIFE_MS] = [2000, 20_000]
/** A tick stands for a minute, and who it wakes begins no batch in its last five seconds. */
const MINUTE_MS = 55_000

/**
 * The functions of a deployed program, bundled as a deploy would and each in processes of its own, which are killed
 * while they are at work: what dies idle does not count. Half-way, the coordinator is stopped until another one shows
 * batches, and then woken: nothing it does may count.
 */
export async function killFunctions(
  { kills, processes, folder }: SceneRequest,
  scene: Scene,
  random: SeededRandom,
): Promise<Killed> {
  const services = await servicesOf(scene, folder)
  const log = join(folder, 'functions.txt')
  let cutOff = 0
  const app = relative(folder, resolve(scene.programArgs[0]))
  const options = serverlessOptions({ app, slots: Math.max(1, processes) })
  const stage = await startStage({ folder, app, needs: NEEDS }, options, services, {
    wrote: (name, text) => appendFileSync(log, text.replace(/^/gm, `${name} `)),
    failed: (name, { errorType, errorMessage }) => {
      appendFileSync(log, `${name} failed: ${errorType} ${errorMessage}\n`)
      if (errorType === 'Runtime.ExitError' && errorMessage.endsWith('SIGKILL')) cutOff++
    },
    invoked: () => {},
  })
  const alive = (name: Victim): number[] => processesOf(name, `CHAOS_FOLDER=${folder}`)
  const ticks = new Ticks(stage)
  let stops = 1
  try {
    for (let killed = 0; killed < kills;) {
      await sleep(PAUSE_MS.min + random.next() * (PAUSE_MS.max - PAUSE_MS.min))
      const victims = alive(victimOf(random.next()))
      const victim = victims[Math.floor(random.next() * victims.length)]
      if (victim === undefined) continue
      if (random.next() < STOP_SHARE) {
        stops++
        await stoppedFor(random.next() * STOP_MS_MAX, [victim])
      } else signal(victim, 'SIGKILL')
      for (; killed < Math.min(kills, cutOff); await scene.killed?.(killed))
        if (++killed === Math.ceil(kills / 2)) await takenOver(alive('coordinator'), scene)
    }
    await throughWithOneMore(scene)
    await ticks.end()
    return { kills: cutOff, stops, violations: await violations(stage, services) }
  } finally {
    await ticks.end()
    await stage.close()
  }
}

/** What `startStage` would find out of the program: it stays for its minute, and has no receiver. */
const NEEDS = { ...plainNeeds, intervalMs: 500 }

/** Emulators, with what the scene has of its own in the place of some. */
async function servicesOf({ env }: Scene, folder: string): Promise<Emulators> {
  const emulators = await startEmulators()
  const environment: Readonly<Record<string, string>> = { ...emulators.environment, ...env, CHAOS_FOLDER: folder }
  const services = { ...emulators, environment, dynamodb: environment['AWS_ENDPOINT_URL_DYNAMODB'] }
  await createStores(services, 'sluice-offline', 'sluice-offline')
  return services
}

function victimOf(dice: number): Victim {
  if (dice < SHARES.coordinator) return 'coordinator'
  return dice < SHARES.coordinator + SHARES.output ? 'output' : 'task'
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone by itself.
  }
}

async function stoppedFor(ms: number, pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGSTOP')
  await sleep(ms)
  for (const pid of pids) signal(pid, 'SIGCONT')
}

/** All coordinators stand still until another one, whose wait for the lease is part of it, has shown two batches. */
async function takenOver(coordinators: readonly number[], scene: Scene): Promise<void> {
  for (const pid of coordinators) signal(pid, 'SIGSTOP')
  const reached = scene.batch()
  while (scene.batch() < reached + 2) await sleep(100)
  for (const pid of coordinators) signal(pid, 'SIGCONT')
}

/** Wakes coordinators as a schedule does, whatever became of those before. */
class Ticks {
  readonly #stage: OfflineStage
  readonly #timer: NodeJS.Timeout
  readonly #living = new Set<Promise<unknown>>()

  constructor(stage: OfflineStage) {
    this.#stage = stage
    this.#tick()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  #tick(): void {
    const time = new Date(Date.now() + LIFE_MS - MINUTE_MS).toISOString()
    const life = this.#stage.invoke('coordinator', { time })
    this.#living.add(life)
    void life.then(() => this.#living.delete(life))
  }

  /** When the last coordinator has ended. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#living)
  }
}

/** What `sluice verify` finds in the table and the bucket. */
async function violations({ table, bucket }: OfflineStage, { environment }: Emulators): Promise<string[]> {
  const args = ['lib/cli/bin.ts', 'verify', '--table', table, '--bucket', bucket]
  try {
    await promisify(execFile)(process.execPath, args, { env: { ...process.env, ...environment } })
    return []
  } catch (error) {
    return [`verify: ${messageOf(error)} ${(error as { stdout?: string }).stdout ?? ''}`]
  }
}
