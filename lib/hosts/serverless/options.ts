import { SluiceError } from '../../model/errors.ts'
import { closest } from '../../model/nearest.ts'

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
  readonly functions: Readonly<Record<FunctionName, FunctionOptions>>
}

export const FUNCTION_NAMES = ['coordinator', 'task', 'output'] as const
export type FunctionName = (typeof FUNCTION_NAMES)[number]

interface FunctionOptions {
  /** MB. */
  readonly memorySize: number
  /** Seconds. */
  readonly timeout: number
  /** What the program's own code may do there, as IAM statements. */
  readonly permissions: readonly unknown[]
}

const whole = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum }) as const
const functionSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    memorySize: whole(128, 10_240),
    timeout: whole(10, 900),
    permissions: { type: 'array', items: { type: 'object' } },
  },
} as const

/** What `serverless.yml` may say, as JSON Schema: editors and the Serverless CLI check it. */
export const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['app'],
  properties: {
    app: { type: 'string' },
    slots: whole(1, 256),
    logRetentionInDays: { enum: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365] },
    protect: { type: 'array', items: { type: 'string' } },
    alarms: { type: 'object', additionalProperties: false, properties: { topic: { type: 'string' } } },
    coordinator: functionSchema,
    task: functionSchema,
    output: functionSchema,
  },
} as const

const initial: Readonly<Record<FunctionName, FunctionOptions>> = {
  coordinator: { memorySize: 512, timeout: 300, permissions: [] },
  // The size from which on a function has a whole virtual CPU.
  task: { memorySize: 1769, timeout: 240, permissions: [] },
  output: { memorySize: 512, timeout: 240, permissions: [] },
}

/** Throws `E_UNKNOWN_OPTION` with the nearest name, and `E_CONF` for a block without an app. Values go by `schema`. */
export function serverlessOptions(block: unknown): ServerlessOptions {
  const given = objectIn(block, 'sluice')
  refuseUnknown(given, schema.properties, 'sluice')
  if (typeof given['app'] !== 'string' || given['app'] === '') throw noApp()
  const alarms = objectIn(given['alarms'] ?? {}, 'sluice.alarms')
  refuseUnknown(alarms, schema.properties.alarms.properties, 'sluice.alarms')
  return {
    app: given['app'],
    slots: (given['slots'] as number | undefined) ?? 2,
    logRetentionInDays: (given['logRetentionInDays'] as number | undefined) ?? 14,
    protect: (given['protect'] as string[] | undefined) ?? ['prod', 'production'],
    alarmTopic: (alarms['topic'] as string | undefined) ?? null,
    functions: {
      coordinator: functionOptions('coordinator', given),
      task: functionOptions('task', given),
      output: functionOptions('output', given),
    },
  }
}

function functionOptions(name: FunctionName, block: Readonly<Record<string, unknown>>): FunctionOptions {
  const given = objectIn(block[name] ?? {}, `sluice.${name}`)
  refuseUnknown(given, functionSchema.properties, `sluice.${name}`)
  return { ...initial[name], ...given }
}

function objectIn(value: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new SluiceError('E_CONF', `"${where}" in serverless.yml is not a block of options.`, {
    where: { detail: 'serverless.yml' },
    did: 'nothing was packaged',
    next: ['write the options below it, indented, as in "app: src/app.ts"'],
  })
}

function refuseUnknown(given: object, known: object, where: string): void {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name))
  if (unknown === undefined) return
  const meant = closest(unknown, Object.keys(known))
  throw new SluiceError('E_UNKNOWN_OPTION', `"${where}" in serverless.yml has no option "${unknown}".`, {
    where: { detail: 'serverless.yml' },
    did: 'nothing was packaged',
    next: meant === null ? [`use one of ${Object.keys(known).join(', ')}`] : [`write "${meant}"`],
  })
}

const noApp = (): SluiceError =>
  new SluiceError('E_CONF', 'The block "sluice" in serverless.yml names no app.', {
    where: { detail: 'serverless.yml' },
    did: 'nothing was packaged',
    next: ['write "app: src/app.ts": the module whose default export is app(…)'],
  })
