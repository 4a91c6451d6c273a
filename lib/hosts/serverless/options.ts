import { SluiceError } from '../../model/errors.ts'
import { checkOptions } from './check-block.ts'
import { type ProviderBlock, type RoleDemands, roleDemands } from './provider-block.ts'

/** The block `sluice:` of a `serverless.yml`. */
export interface ServerlessOptions {
  /** The module that exports the app, relative to `serverless.yml`. */
  readonly app: string
  /** Tasks of a stage that run at once, and what `local[*]` means. */
  readonly slots: number
  /** Days that logs are kept. */
  readonly logRetentionInDays: number
  /** Stages whose table and bucket outlive `remove`. */
  readonly protect: readonly string[]
  /** The topic that alarms go to; `null`: no alarms. */
  readonly alarmTopic: string | null
  /** Who wakes a program whose batches come for events, besides the stage's own bucket. */
  readonly events: EventOptions
  readonly functions: Readonly<Record<FunctionName | 'receiver', FunctionOptions>>
  /** What `provider`, beside the block, asks of roles. */
  readonly roles: RoleDemands
}

interface EventOptions {
  /** Names of buckets that may send their notifications to the queue. */
  readonly buckets: readonly string[]
  /** ARNs of Kinesis streams whose records are events. */
  readonly streams: readonly string[]
}

export const FUNCTION_NAMES = ['coordinator', 'task', 'output', 'gc'] as const
export type FunctionName = (typeof FUNCTION_NAMES)[number]
/** The function of one receiver; all of them have the options of `receiver`. */
export type ReceiverFunction = `receiver${string}`
export type StageFunction = FunctionName | ReceiverFunction

const isReceiver = (name: StageFunction): name is ReceiverFunction => name.startsWith('receiver')
/** Which bundle a function runs, and whose options it has. */
export const kindOf = (name: StageFunction): FunctionName | 'receiver' => (isReceiver(name) ? 'receiver' : name)

interface FunctionOptions {
  /** MB. */
  readonly memorySize: number
  /** Seconds. */
  readonly timeout: number
  /** Invocations at once that are kept for this function; `null`: whatever the account has left. */
  readonly concurrency: number | null
  /** What the program's own code may do there, as IAM statements. */
  readonly permissions: readonly unknown[]
}

const whole = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum }) as const
const text = { type: 'string', minLength: 1 } as const
const arnOf = (service: string, rest: string) => ({
  ...text,
  pattern: `^arn:[^:]+:${service}:[^:]+:[^:]+:${rest}.`,
  description: `an ARN, arn:aws:${service}:<region>:<account>:${rest}<name>`,
})
const bucket = { ...text, pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$', description: 'the name of a bucket' } as const
/** No other stage is deployed. */
const stageName = { ...text, pattern: '^[a-z0-9-]+$', description: 'the name of a stage, in lower case' } as const
const statement = { type: 'object', required: ['Effect'] } as const
const functionSchema = (concurrencyMin: number) =>
  ({
    type: 'object',
    additionalProperties: false,
    properties: {
      memorySize: whole(128, 10_240),
      timeout: whole(10, 900),
      concurrency: whole(concurrencyMin, 1000),
      permissions: { type: 'array', items: statement },
    },
  }) as const

/** What `serverless.yml` may say, as JSON Schema: editors read it. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    app: { ...text, pattern: '^[^/]', description: 'the path of a module, from serverless.yml on' },
    slots: whole(1, 256),
    logRetentionInDays: { enum: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] },
    protect: { type: 'array', items: stageName },
    alarms: {
      type: 'object',
      additionalProperties: false,
      properties: { topic: arnOf('sns', '') },
      required: ['topic'],
    },
    events: {
      type: 'object',
      additionalProperties: false,
      properties: {
        buckets: { type: 'array', items: bucket },
        streams: { type: 'array', items: arnOf('kinesis', 'stream/') },
      },
    },
    // One that hangs must not keep the next tick from running.
    coordinator: functionSchema(2),
    task: functionSchema(1),
    output: functionSchema(1),
    gc: functionSchema(1),
    receiver: functionSchema(1),
  },
} as const

const initial: ServerlessOptions['functions'] = {
  // Waits for the other functions, most of the time, and loads no program.
  coordinator: { memorySize: 256, timeout: 300, concurrency: null, permissions: [] },
  // The size from which on a function has a whole virtual CPU.
  task: { memorySize: 1769, timeout: 240, concurrency: null, permissions: [] },
  output: { memorySize: 512, timeout: 240, concurrency: null, permissions: [] },
  // Waits for the services that it calls, most of the time.
  gc: { memorySize: 256, timeout: 900, concurrency: null, permissions: [] },
  // Lives as long as a function may, so that it seldom changes hands.
  receiver: { memorySize: 256, timeout: 900, concurrency: null, permissions: [] },
}

/**
 * What tasks answer and are sent goes through the coordinator: with 4 at once it came to 190 MB, with 16 to 210, of
 * which 125 are there before the first batch.
 */
const SLOTS_OF_SMALL = 4

/** What the block says once it was checked. */
interface Block {
  readonly app?: string
  readonly slots?: number
  readonly logRetentionInDays?: number
  readonly protect?: readonly string[]
  readonly alarms?: { readonly topic?: string }
  readonly events?: Partial<EventOptions>
  readonly coordinator?: Partial<FunctionOptions>
  readonly task?: Partial<FunctionOptions>
  readonly output?: Partial<FunctionOptions>
  readonly gc?: Partial<FunctionOptions>
  readonly receiver?: Partial<FunctionOptions>
}

/** Throws what `checkOptions` throws, and `E_CONF` for a block without an app. */
export function serverlessOptions(given: unknown, provider?: ProviderBlock): ServerlessOptions {
  if (given === undefined || given === null) throw noApp()
  checkOptions(given, schema, 'sluice')
  const block = given as Block
  if (block.app === undefined) throw noApp()
  const slots = block.slots ?? 2
  return {
    app: block.app,
    slots,
    logRetentionInDays: block.logRetentionInDays ?? 14,
    protect: block.protect ?? ['prod', 'production'],
    alarmTopic: block.alarms?.topic ?? null,
    events: { buckets: [], streams: [], ...block.events },
    functions: {
      coordinator: { ...initial.coordinator, ...(slots > SLOTS_OF_SMALL && { memorySize: 512 }), ...block.coordinator },
      task: { ...initial.task, ...block.task },
      output: { ...initial.output, ...block.output },
      gc: { ...initial.gc, ...block.gc },
      receiver: { ...initial.receiver, ...block.receiver },
    },
    roles: roleDemands(provider),
  }
}

const noApp = (): SluiceError =>
  new SluiceError('E_CONF', 'The block "sluice" in serverless.yml names no app.', {
    where: { detail: 'serverless.yml' },
    did: 'nothing was packaged',
    next: ['write "sluice: { app: src/app.ts }": the module whose default export is app(…)'],
  })
