import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AwsRight } from '../../model/aws-right.ts'
import { SluiceError } from '../../model/errors.ts'
import { tickPace } from '../../model/tick-pace.ts'
import { BUILD_FOLDER } from './bundle.ts'
import type { StagePlace } from './place.ts'
import { runPlan } from './run-plan.ts'

/** A part of a bucket: objects whose keys begin with `prefix`. */
export interface S3Part {
  /** `null`: the stage's own. */
  readonly bucket: string | null
  readonly prefix: string
}

/** What a program asks of its stage, as the command line finds it. Plain data. */
export interface ProgramNeeds {
  readonly intervalMs: number
  /** Its batches come for events. */
  readonly byEvents: boolean
  /** What its sources read in S3. */
  readonly reads: readonly S3Part[]
  /** Where its outputs write in S3. */
  readonly writes: readonly S3Part[]
  /** Its sources that receive on their own: each has a function. */
  readonly receivers: readonly string[]
  /** What else its sources must be allowed, and its outputs. */
  readonly rights: { readonly sources: readonly AwsRight[]; readonly outputs: readonly AwsRight[] }
}

/** The same, and what it needs of the machine that packages it. */
export interface FoundNeeds extends ProgramNeeds {
  /** Packages that the functions would load and that are not installed. */
  readonly missing: readonly string[]
}

/** Whether the coordinator is woken by a queue. */
export const hasQueue = ({ intervalMs, byEvents }: Pick<ProgramNeeds, 'intervalMs' | 'byEvents'>): boolean =>
  byEvents || tickPace(intervalMs) === 'queue'

/**
 * Builds the program, in a process of its own, and says what it needs. Throws `E_USER_INIT` where it cannot be built;
 * the other process has said why then.
 */
export async function programNeeds(folder: string, place: StagePlace): Promise<FoundNeeds> {
  const file = join(folder, BUILD_FOLDER, 'needs.json')
  await mkdir(join(folder, BUILD_FOLDER), { recursive: true })
  const status = await runPlan(folder, place, ['--needs', file])
  if (status === 0) return JSON.parse(await readFile(file, 'utf8')) as FoundNeeds
  throw new SluiceError('E_USER_INIT', `The program ${place.app} could not be built.`, {
    did: 'nothing was packaged',
    next: [`npx sluice graph ${place.app}`],
  })
}
