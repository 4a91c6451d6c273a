import { crc32 } from 'node:zlib'
import { given } from '../../model/given.ts'
import { BUILD_FOLDER, partsFolder } from './bundle.ts'
import {
  FUNCTION_NAMES,
  type FunctionName,
  kindOf,
  type ReceiverFunction,
  type ServerlessOptions,
  type StageFunction,
} from './options.ts'
import { hasQueue, type ProgramNeeds } from './needs.ts'
import { bucketName, bucketPrefix, deadTicksArn, functionName, type Stage, tableName, TICKS_ID } from './stage.ts'

/** A function as `serverless.yml` describes one. */
export interface FunctionBlock {
  environment: Record<string, unknown>
  readonly logRetentionInDays: number
  readonly logs: { readonly logFormat: string; readonly applicationLogLevel: string; readonly systemLogLevel: string }
  readonly [option: string]: unknown
}

export const roleName = (name: StageFunction): string => `Sluice${capital(name)}Role`
export const capital = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1)

/** By which a function names itself to the services that it calls. */
export const USER_AGENT = 'AWS_SDK_UA_APP_ID'
/** Of a longer name the client would warn at each call. What ends it is what tells functions apart. */
const USER_AGENT_CHARS = 50

/** The functions of a stage, as they would be written in `serverless.yml` by hand. Pure. */
export const functionBlocks = (
  stage: Stage,
  options: ServerlessOptions,
): Readonly<Record<FunctionName, FunctionBlock>> =>
  Object.fromEntries(FUNCTION_NAMES.map((name) => [name, functionBlock(stage, options, name)])) as never

/** The functions of the program's receivers, once these are known. Pure. */
export const receiverBlocks = (
  stage: Stage,
  options: ServerlessOptions,
  { receivers }: Pick<ProgramNeeds, 'receivers'>,
): Readonly<Record<ReceiverFunction, FunctionBlock>> =>
  Object.fromEntries(
    receivers.map((uid) => {
      const block = functionBlock(stage, options, receiverFunction(uid))
      return [receiverFunction(uid), { ...block, environment: { ...block.environment, SLUICE_RECEIVER: uid } }]
    }),
  )

/**
 * Names of functions hold letters and digits; what is lost of the name of a source, also whether it begins with a
 * capital letter, is made up for by its sum.
 */
export function receiverFunction(uid: string): ReceiverFunction {
  const plain = uid.replaceAll(/[^A-Za-z0-9]/g, '').slice(0, RECEIVER_CHARS)
  const isWhole = plain === uid && !/^[A-Z]/.test(uid)
  return `receiver${capital(plain)}${isWhole ? '' : crc32(uid).toString(36)}`
}

/** The name of a function has 64 characters, with service and stage. */
const RECEIVER_CHARS = 16

/** What `provider` says of all functions goes before what is usual here. */
export const asSaid = (block: FunctionBlock, { architecture }: { readonly architecture?: string }): FunctionBlock => ({
  ...block,
  ...given({ architecture }),
})

/** The same, and its versions are published whatever `provider` says: the coordinator calls them. */
export const asProvided = (block: FunctionBlock, provider: { readonly architecture?: string }): FunctionBlock => ({
  ...asSaid(block, provider),
  versionFunction: true,
})

function functionBlock(stage: Stage, options: ServerlessOptions, name: StageFunction): FunctionBlock {
  const kind = kindOf(name)
  const { memorySize, timeout, concurrency } = options.functions[kind]
  return {
    name: functionName(stage, name),
    handler: `${BUILD_FOLDER}/${kind}.handler`,
    role: roleName(name),
    memorySize,
    timeout,
    // Cheaper for the same work.
    architecture: 'arm64',
    ...given({ reservedConcurrency: concurrency }),
    logRetentionInDays: options.logRetentionInDays,
    // Lines that say that a call began and ended cost more than what they say is worth; what the program writes stays.
    logs: { logFormat: 'JSON', applicationLogLevel: 'INFO', systemLogLevel: 'WARN' },
    // A tick that is lost costs nothing, and one that is repeated finds nothing to do.
    maximumRetryAttempts: 0,
    maximumEventAge: 60,
    ...invokedBy(stage, name),
    environment: {
      SLUICE_TABLE: tableName(stage),
      SLUICE_BUCKET: bucketName(stage),
      SLUICE_SLOTS: String(options.slots),
      // Logs of the services that it calls then say which function it was.
      [USER_AGENT]: functionName(stage, name).slice(-USER_AGENT_CHARS),
    },
    package: {
      individually: true,
      patterns: ['!**', `${BUILD_FOLDER}/${kind}.mjs`, `${BUILD_FOLDER}/${partsFolder(kind)}/*.mjs`],
    },
  }
}

function invokedBy(stage: Stage, name: StageFunction): Record<string, unknown> {
  switch (kindOf(name)) {
    case 'coordinator':
      return {
        events: [{ schedule: 'rate(1 minute)' }],
        destinations: { onFailure: { type: 'sqs', arn: deadTicksArn(stage) } },
      }
    case 'gc':
      return { events: [{ schedule: 'rate(1 hour)' }] }
    case 'receiver':
      // Ends at once while a life goes on, so that one that was killed is followed by another within minutes.
      return { events: [{ schedule: 'rate(1 minute)' }] }
    default:
      return { events: [] }
  }
}

/** Seconds: as long as the platform keeps an event. */
const EVENT_AGE_MAX = 6 * 3600

/** What the coordinator's block says besides, once it is known what the program needs. */
export function wakingOf(needs: ProgramNeeds): {
  readonly block: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, unknown>>
} {
  return {
    block: { ...(needs.byEvents && WOKEN_BY_EVENTS) },
    environment: { ...(hasQueue(needs) && { SLUICE_TICK_QUEUE: { Ref: TICKS_ID } }) },
  }
}

const WOKEN_BY_EVENTS = {
  // For what no event told of, and for outputs that wait.
  events: [{ schedule: 'rate(1 hour)' }],
  // A tick that is lost costs nothing; an event is to come to its batch.
  maximumRetryAttempts: 2,
  maximumEventAge: EVENT_AGE_MAX,
}

/** What the functions are told where nothing resolves a reference: on the machine of whoever develops. */
export const offlineEnvironment = (stage: Stage): Readonly<Record<string, string>> => ({
  SLUICE_TABLE: tableName(stage),
  SLUICE_BUCKET: `${bucketPrefix(stage)}local`,
  SLUICE_TASK_FUNCTION: functionName(stage, 'task'),
  SLUICE_OUTPUT_FUNCTION: functionName(stage, 'output'),
})
