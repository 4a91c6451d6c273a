import type { ServerlessOptions } from './options.ts'
import { bucketPrefix, functionName, type Stage, tableName } from './stage.ts'

/** A stage as commands need it: where it is, what its parts are called, and which program it runs. Plain data. */
export interface StagePlace {
  readonly service: string
  readonly stage: string
  readonly region: string
  /** Its table and bucket outlive `remove`. */
  readonly keeps: boolean
  readonly table: string
  /** `null` where no credentials said whose it is. */
  readonly bucket: string | null
  readonly coordinator: string
  /** The module that exports the app, as a path from the folder of `serverless.yml`. */
  readonly app: string
  readonly slots: number
  /** Which code was bundled; `null`: none yet. */
  readonly code: string | null
  /** Somebody is told when it fails. */
  readonly alarms: boolean
  /** MB of the functions. */
  readonly memorySize: {
    readonly coordinator: number
    readonly task: number
    readonly output: number
    readonly receiver: number
  }
  /** Seconds that a call of them may take. */
  readonly timeout: { readonly coordinator: number; readonly task: number; readonly output: number }
  /** What the program may read, as far as it is known before a deploy. */
  readonly environment: Readonly<Record<string, string>>
}

export function stagePlace(
  stage: Stage,
  { app, slots, functions, alarmTopic }: ServerlessOptions,
  found: {
    readonly region: string
    readonly account: string | null
    readonly environment: Readonly<Record<string, unknown>>
  },
): StagePlace {
  const bucket = found.account === null ? null : bucketPrefix(stage) + found.account
  const given = Object.entries(found.environment).filter(([, value]) => typeof value === 'string')
  return {
    service: stage.service,
    stage: stage.stage,
    region: found.region,
    keeps: stage.keeps,
    table: tableName(stage),
    bucket,
    coordinator: functionName(stage, 'coordinator'),
    app,
    slots,
    code: null,
    alarms: alarmTopic !== null,
    memorySize: {
      coordinator: functions.coordinator.memorySize,
      task: functions.task.memorySize,
      output: functions.output.memorySize,
      receiver: functions.receiver.memorySize,
    },
    timeout: {
      coordinator: functions.coordinator.timeout,
      task: functions.task.timeout,
      output: functions.output.timeout,
    },
    environment: {
      ...(Object.fromEntries(given) as Record<string, string>),
      SLUICE_BUCKET: bucket ?? `${bucketPrefix(stage)}unknown`,
      SLUICE_TABLE: tableName(stage),
      SLUICE_SLOTS: String(slots),
    },
  }
}
