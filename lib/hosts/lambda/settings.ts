import { badVariable, readVariable } from '../../model/settings/read-variable.ts'
import type { Environment } from '../../model/settings/variables.ts'

/** What the functions are told by their environment; `serverless.yml` sets it. */
export interface AwsSettings {
  /** Table that holds the heads; `null`: they lie in the bucket. */
  readonly table: string | null
  /** Bucket for blobs. */
  readonly bucket: string
  /** Name of the task function, which the coordinator calls. */
  readonly task: string | null
  /** Name of the output function, which the coordinator calls. */
  readonly output: string | null
  /** Address of the queue by which the coordinator is woken for its batches. */
  readonly tickQueue: string | null
  /** Tasks of a stage that run at once, and what `local[*]` means. */
  readonly slots: number
}

/** Throws `E_AWS_SETTING`. */
export const awsSettings = (environment: Environment): AwsSettings => ({
  table: readVariable(environment, 'SLUICE_TABLE'),
  bucket: required(environment, 'SLUICE_BUCKET'),
  task: readVariable(environment, 'SLUICE_TASK_FUNCTION'),
  output: readVariable(environment, 'SLUICE_OUTPUT_FUNCTION'),
  tickQueue: readVariable(environment, 'SLUICE_TICK_QUEUE'),
  slots: readVariable(environment, 'SLUICE_SLOTS'),
})

/** Throws `E_AWS_SETTING`. */
export const taskFunction = ({ task }: AwsSettings): string => task ?? unset('SLUICE_TASK_FUNCTION')
/** Throws `E_AWS_SETTING`. */
export const outputFunction = ({ output }: AwsSettings): string => output ?? unset('SLUICE_OUTPUT_FUNCTION')

function unset(name: 'SLUICE_TASK_FUNCTION' | 'SLUICE_OUTPUT_FUNCTION'): never {
  throw badVariable(name, 'is not set')
}

function required(environment: Environment, name: 'SLUICE_BUCKET'): string {
  const value = readVariable(environment, name)
  if (value === null) throw badVariable(name, 'is not set')
  return value
}
