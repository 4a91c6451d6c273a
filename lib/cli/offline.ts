import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import '../hosts/embedded/install.ts'
import { installEngine } from '../api/dstream/engine.ts'
import { setCores } from '../api/rdd/spark-context.ts'
import type { StreamingContext } from '../api/dstream/streaming-context.ts'
import { loadProgram, nothingStarted } from '../hosts/embedded/load-program.ts'
import { useOwnPackage } from '../hosts/embedded/own-package.ts'
import { startingEvent } from '../hosts/embedded/starting-event.ts'
import type { Emulators } from '../hosts/offline/emulators.ts'
import { checkPackages } from '../hosts/offline/needed-packages.ts'
import {
  OFFLINE_BUCKET,
  type OfflineStage,
  offlineVariables,
  startServices,
  startStage,
} from '../hosts/offline/offline-stage.ts'
import { serverlessOptions } from '../hosts/serverless/options.ts'
import { readArguments } from './arguments.ts'
import { OfflineSession } from './offline-session.ts'
import { packageVersion } from './package-root.ts'
import { needsOfProgram } from './program-needs.ts'
import { programFile } from './run.ts'
import { reporterOf } from './run-session.ts'
import { onStopSignals } from './signals.ts'
import { startsItself } from './starts-itself.ts'
import { usageError } from './usage.ts'

const offlineFlags = {
  batches: { kind: 'number', min: 1, max: 1_000_000_000 },
  slots: { kind: 'number', min: 1, max: 256 },
  json: { kind: 'switch' },
  verbose: { kind: 'switch' },
} as const

/** Runs a program as AWS would run it, on this machine, until it is stopped, or a batch fails. */
export async function offline(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('offline', args, offlineFlags)
  if (words.length > 1)
    throw usageError('offline takes one file; functions are given no words.', 'sluice offline src/app.ts')
  const file = programFile('offline', words[0] ?? 'src/app.ts')
  await checkPackages()
  const reporter = reporterOf({ json: values.json, verbose: values.verbose, version: packageVersion() })
  const session = new OfflineSession(reporter, values.batches)
  const unlisten = onStopSignals({ stop: () => session.stop(), quit: () => process.exit(130) })
  const services = await startServices()
  const code = await runOn(services, () => begun(file, values.slots, services, session), session)
  unlisten()
  session.close(code)
  return code
}

/** The services end with the stage, or without it where it never came to be. */
async function runOn(
  services: Emulators,
  begin: () => Promise<OfflineStage>,
  session: OfflineSession,
): Promise<number> {
  let running: { close(): Promise<void> } = services
  try {
    running = await begin()
    return await session.ended
  } finally {
    await running.close()
  }
}

async function begun(
  file: string,
  slots: number | null,
  services: Emulators,
  session: OfflineSession,
): Promise<OfflineStage> {
  const folder = process.cwd()
  const app = relative(folder, file)
  const options = serverlessOptions({ app, ...(slots === null ? {} : { slots }) })
  Object.assign(process.env, offlineVariables(services, options.slots))
  const context = await builtProgram(file, options.slots)
  const needs = needsOfProgram(context, OFFLINE_BUCKET)
  const stage = await startStage({ folder, app, needs }, options, services, session)
  const { s3, dynamodb, bucket, table } = stage
  session.starting({
    ...startingEvent(context, null, true),
    services: [
      { name: 'S3', address: s3, holds: `bucket ${bucket}` },
      { name: 'DynamoDB', address: dynamodb, holds: `table ${table}` },
    ],
  })
  stage.wake()
  return stage
}

/** The program as this process sees it, for its name, interval, sources and outputs; the functions build their own. */
async function builtProgram(file: string, slots: number): Promise<StreamingContext> {
  useOwnPackage()
  setCores(slots)
  installEngine(startsItself('run as functions'), { defaultDirectory: () => null, read: async () => null })
  const program = await loadProgram(pathToFileURL(file).href, { started: () => false })
  if (program.kind === 'app') return program.app.build()
  throw nothingStarted(file)
}
