import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { given } from '../../model/given.ts'
import type { Environment } from '../../adapters/aws/clients.ts'
import { BUILD_FOLDER, bundle } from '../serverless/bundle.ts'
import { receiverFunction } from '../serverless/functions.ts'
import { hasQueue, type ProgramNeeds } from '../serverless/needs.ts'
import { FUNCTION_NAMES, kindOf, type ServerlessOptions, type StageFunction } from '../serverless/options.ts'
import { createStores, emulatedClients, type Emulators, startEmulators } from './emulators.ts'
import { type Failed, FunctionPool, type Told } from './function-pool.ts'
import { serveFunctions } from './function-server.ts'
import { createQueue, triggerByQueue } from './queue-trigger.ts'

/** What a stage on this machine consists of, while it runs. */
export interface OfflineStage {
  readonly s3: string
  readonly dynamodb: string
  readonly bucket: string
  readonly table: string
  /** Wakes the coordinator as AWS would, until the stage is closed. */
  wake(): void
  /** Invokes a function, as somebody does by hand. */
  invoke(name: StageFunction, event: unknown): Promise<Told>
  /** Ends everything that runs, and deletes what it has made beside the bundles. */
  close(): Promise<void>
}

/** Who hears what the functions do. */
export interface OfflineEars {
  /** A function has written this to its standard output: whole lines, unless it was ended within one. */
  readonly wrote: (name: StageFunction, text: string) => void
  /** An invocation has failed, whoever made it. */
  readonly failed: (name: StageFunction, told: Failed) => void
  /** An invocation by a schedule, or a queue, has ended. */
  readonly invoked: (name: StageFunction, told: Told) => void
}

/** What is bundled, and what its program needs. */
interface StagedApp {
  readonly folder: string
  readonly app: string
  readonly needs: ProgramNeeds
}

type Invoke = OfflineStage['invoke']

/** The bucket of every stage on this machine, and its table. */
export const OFFLINE_BUCKET = 'sluice-offline'
const TABLE = 'sluice-offline'
const MINUTE_MS = 60_000

/** What a program finds in its environment on this stage. */
export const offlineVariables = (emulators: Pick<Emulators, 'environment'>, slots: number): Record<string, string> => ({
  ...emulators.environment,
  SLUICE_BUCKET: OFFLINE_BUCKET,
  SLUICE_TABLE: TABLE,
  SLUICE_SLOTS: String(slots),
})

/** Emulated S3, DynamoDB and SQS, with the bucket and the table of a stage. Throws `E_AWS_PACKAGE`. */
export async function startServices(): Promise<Emulators> {
  const emulators = await startEmulators()
  await createStores(emulators, TABLE, OFFLINE_BUCKET)
  return emulators
}

/**
 * Bundles `app` as a deploy would, into a folder below `folder`, and runs the functions in processes of their own, with
 * the memory and the time that `functions` gives them.
 */
export async function startStage(
  { folder, app, needs }: StagedApp,
  { slots, functions }: Pick<ServerlessOptions, 'slots' | 'functions'>,
  emulators: Emulators,
  ears: OfflineEars,
): Promise<OfflineStage> {
  await bundle(folder, app, needs.receivers.length > 0)
  const over = new AbortController()
  const own = await mkdtemp(join(tmpdir(), 'sluice-offline-'))
  const pools = new Map<StageFunction, FunctionPool>()
  const server = await serveFunctions(pools)
  const environment: Environment = {
    ...withoutAccount(process.env),
    ...offlineVariables(emulators, slots),
    AWS_ENDPOINT_URL_LAMBDA: server.url,
    SLUICE_TASK_FUNCTION: 'task',
    SLUICE_OUTPUT_FUNCTION: 'output',
  }
  const clients = emulatedClients(environment)
  const queue = hasQueue(needs) ? await createQueue(clients, 'ticks', functions.coordinator.timeout + 60) : null
  const receivers = new Map<StageFunction, string>(needs.receivers.map((uid) => [receiverFunction(uid), uid]))
  for (const name of [...FUNCTION_NAMES, ...receivers.keys()])
    pools.set(
      name,
      new FunctionPool({
        name,
        bundle: join(folder, BUILD_FOLDER, `${kindOf(name)}.mjs`),
        folder: own,
        environment: { ...environment, ...given({ SLUICE_TICK_QUEUE: queue, SLUICE_RECEIVER: receivers.get(name) }) },
        ...functions[kindOf(name)],
        wrote: (text) => ears.wrote(name, text),
        failed: (told) => {
          if (!over.signal.aborted) ears.failed(name, told)
        },
      }),
    )
  const invoke: Invoke = async (name, event) => {
    const told = await pools.get(name)!.invoke(JSON.stringify(event))
    if (!over.signal.aborted) ears.invoked(name, told)
    return told
  }
  return {
    s3: emulators.s3,
    dynamodb: emulators.dynamodb,
    bucket: OFFLINE_BUCKET,
    table: TABLE,
    wake() {
      wakeBySchedules([...receivers.keys()], invoke, over.signal)
      if (queue !== null) void triggerByQueue(clients, queue, (event) => invoke('coordinator', event), over.signal)
    },
    invoke,
    async close() {
      over.abort()
      await Promise.all(Array.from(pools.values(), (pool) => pool.close()))
      await server.close()
      await emulators.close()
      await rm(own, { recursive: true, force: true })
    },
  }
}

/** Invokes the coordinator and receivers each minute, as the schedules of a deployed stage do, and sweeps each hour. */
function wakeBySchedules(receivers: readonly StageFunction[], invoke: Invoke, signal: AbortSignal): void {
  // The schedule ticks at the full minute; until then this stands for the tick of the minute that has begun.
  void invoke('coordinator', { time: new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS).toISOString() })
  every(MINUTE_MS, signal, (time) => void invoke('coordinator', { time }))
  for (const name of receivers) {
    void invoke(name, {})
    every(MINUTE_MS, signal, () => void invoke(name, {}))
  }
  every(60 * MINUTE_MS, signal, () => void invoke('gc', {}))
}

/** At each multiple of `ms` since the epoch, with its time, as schedules do. */
function every(ms: number, signal: AbortSignal, tick: (time: string) => void): void {
  const next = (): void => {
    const at = (Math.floor(Date.now() / ms) + 1) * ms
    const timer = setTimeout(() => {
      tick(new Date(at).toISOString())
      next()
    }, at - Date.now())
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }
  next()
}

/** Whoever is signed in to a real account on this machine must not reach it from here by mistake. */
function withoutAccount(environment: Environment): Environment {
  const { AWS_PROFILE: _profile, AWS_SESSION_TOKEN: _token, AWS_DEFAULT_REGION: _region, ...rest } = environment
  return rest
}
