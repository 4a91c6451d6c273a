import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bundled } from '../../infra/function-bundle.ts'
import { awsClients } from '../../lib/adapters/aws/clients.ts'
import { silentLog } from '../../lib/host/log.ts'
import { showOutputs } from '../../lib/hosts/functions/output.ts'
import { answerTaskCall } from '../../lib/hosts/functions/task-calls.ts'
import { awsHost } from '../../lib/hosts/lambda/host.ts'
import { createStores, startEmulators } from '../../lib/hosts/offline/emulators.ts'
import { builtApp } from '../../lib/hosts/program/built-program.ts'
import { app, minutes } from '../../lib/index.ts'
import { lambdaServer } from '../../test/adapters/aws/lambda-server.ts'
import type { Result } from '../results.ts'
import type { Outcome, Setting, Workload } from '../workload.ts'

const SLOTS = 4
/** How often memory is looked at. */
const LOOKS = 10
const BATCHES = { small: 1000, full: 10_000 }
/** Within the package, where the clients of services are found. */
const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'bench')
/** What a heap may have in a function of 256 MB. */
const HEAP = ['--max-old-space-size=192', '--max-semi-space-size=8']

/** Counts what comes, of forty keys. */
const program = app('life', minutes(1), (ssc) =>
  ssc
    .rateStream(2, { name: 'numbers' })
    .map(({ value }): [string, number] => [`key ${value % 40}`, 1])
    .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
    .foreachRDD(() => {}),
)

/** The coordinator in a process of its own, with services, task and output in this one. */
async function run({ size }: Setting): Promise<Outcome> {
  const emulators = await startEmulators()
  const [table, bucket] = ['heads', 'objects']
  await createStores(emulators, table, bucket)
  Object.assign(process.env, emulators.environment)
  const [task, output] = [builtApp(program, SLOTS), builtApp(program, SLOTS)]
  const lambda = await lambdaServer({
    task: (call) => answerTaskCall(call, task, host),
    output: (request) => showOutputs(request, output, host, Date.now() + 60_000),
  })
  const environment = {
    ...process.env,
    SLUICE_TABLE: table,
    SLUICE_BUCKET: bucket,
    SLUICE_TASK_FUNCTION: 'task',
    SLUICE_OUTPUT_FUNCTION: 'output',
    SLUICE_SLOTS: String(SLOTS),
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
  }
  const host = { ...awsHost(environment, awsClients(environment)), log: silentLog }
  const batches = BATCHES[size]
  const rssMb = await coordinate(batches, environment)
  const extra = {
    batches,
    first_mb: rssMb[0],
    half_mb: rssMb[LOOKS / 2 - 1],
    last_mb: rssMb.at(-1)!,
    most_mb: Math.max(...rssMb),
  }
  return { records: 0, checksum: 'life', extra }
}

/** What a coordinator holds, some times. */
async function coordinate(batches: number, environment: NodeJS.ProcessEnv): Promise<number[]> {
  mkdirSync(CACHE, { recursive: true })
  const folder = mkdtempSync(join(CACHE, 'life-'))
  try {
    await bundled('coordinator', 'bench/life/coordinator.ts', folder)
    const file = join(folder, 'coordinator.mjs')
    renameSync(join(folder, 'coordinator.js'), file)
    const args = [...HEAP, file, String(batches), String(batches / LOOKS)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment })
    return JSON.parse(stdout) as number[]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const figure =
  (name: string) =>
  ({ extra }: Result): number =>
    Number(extra[name])

export const life: Workload = {
  name: 'life',
  about: 'what a coordinator function holds that is invoked for one batch after the other',
  inputs: async () => [],
  variants: { coordinator: { run, once: true } },
  ratios: [],
  columns: {
    batches: figure('batches'),
    'MB after a tenth': figure('first_mb'),
    'half-way': figure('half_mb'),
    'at the end': figure('last_mb'),
    most: figure('most_mb'),
  },
}
