import type { Environment } from '../../adapters/aws/clients.ts'
import { SluiceError } from '../../model/errors.ts'

/** What the functions are told by their environment; `serverless.yml` sets it. */
export interface AwsSettings {
  /** Table that holds the heads. */
  readonly table: string
  /** Bucket for blobs. */
  readonly bucket: string
  /** Name of the task function; `null`: tasks run in the coordinator. */
  readonly task: string | null
  /** Name of the output function; `null`: outputs run in the coordinator. */
  readonly output: string | null
  /** Tasks of a stage that run at once, and what `local[*]` means. */
  readonly slots: number
}

const SLOTS = '4'

/** Throws `E_AWS_SETTING`. */
export function awsSettings(environment: Environment): AwsSettings {
  const slots = Number(environment['SLUICE_SLOTS'] ?? SLOTS)
  if (!Number.isInteger(slots) || slots < 1)
    throw wrong('SLUICE_SLOTS', `is ${environment['SLUICE_SLOTS']}, which is not a whole number above 0`)
  return {
    table: required(environment, 'SLUICE_TABLE'),
    bucket: required(environment, 'SLUICE_BUCKET'),
    task: environment['SLUICE_TASK_FUNCTION'] || null,
    output: environment['SLUICE_OUTPUT_FUNCTION'] || null,
    slots,
  }
}

function required(environment: Environment, name: string): string {
  const value = environment[name]
  if (!value) throw wrong(name, 'is not set')
  if (value.trim() !== value) throw wrong(name, value.trim() === '' ? 'is blank' : 'begins or ends with white space')
  return value
}

const wrong = (name: string, how: string): SluiceError =>
  new SluiceError('E_AWS_SETTING', `The environment variable ${name} ${how}.`, {
    did: 'nothing was started',
    next: [`set ${name} in serverless.yml, under provider.environment`],
  })
