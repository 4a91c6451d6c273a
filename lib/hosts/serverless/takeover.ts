import type { AwsClients } from '../../adapters/aws/clients.ts'
import { appsInTable } from '../../adapters/aws/dynamo/apps-in-table.ts'
import { DynamoHeadStore } from '../../adapters/aws/dynamo/dynamo-head-store.ts'
import { isCalled } from '../../adapters/aws/service-error.ts'
import type { Head } from '../../model/head.ts'
import { tickPace } from '../../model/tick-pace.ts'
import type { ProgramNeeds } from './needs.ts'

/** Versions of the program before and after a deploy, and the last batch that was committed. */
interface Takeover {
  /** `null`: nothing was deployed. */
  readonly before: string | null
  readonly now: string | null
  /** `null`: there is no app yet, or more than one. */
  readonly committed: number | null
}

/** The version of the program that a coordinator runs its batches on; `null` where none is deployed. */
export async function publishedVersion(clients: AwsClients, coordinator: string): Promise<string | null> {
  const { client, sdk } = await clients.lambda()
  try {
    const { Environment } = await client.send(new sdk.GetFunctionConfigurationCommand({ FunctionName: coordinator }))
    const { SLUICE_TASK_FUNCTION: task = '' } = Environment?.Variables ?? {}
    return /:(\d+)$/.exec(task)?.[1] ?? null
  } catch (error) {
    if (isCalled(error, 'ResourceNotFoundException')) return null
    throw error
  }
}

/** The last batch of the one app of a table. */
export async function lastBatch(clients: AwsClients, table: string): Promise<number | null> {
  const [app, ...others] = (await appsInTable(clients, table)) ?? []
  if (app === undefined || others.length > 0) return null
  return (await new DynamoHeadStore<Head>(clients, table, app).read())?.value.committed ?? null
}

/** Where the program that was deployed begins. Pure. */
export function takeoverWords(
  { before, now, committed }: Takeover,
  needs: Pick<ProgramNeeds, 'intervalMs' | 'byEvents'>,
): string {
  if (before === null && committed === null)
    return `version ${now ?? 1} begins with the first ${needs.byEvents ? 'event' : 'tick, within a minute'}`
  const after = `after ${committed === null ? 'the last batch' : `batch #${committed}`}${underWay(needs)}`
  if (committed === 0) return `version ${now ?? '?'} begins with the first batch`
  if (before === null || before === now) return `version ${now ?? '?'} goes on ${after}`
  return `version ${now ?? '?'} takes over from version ${before} ${after}`
}

/** A coordinator that was woken before keeps its version for as long as it lives. */
const underWay = ({ intervalMs, byEvents }: Pick<ProgramNeeds, 'intervalMs' | 'byEvents'>): string =>
  !byEvents && tickPace(intervalMs) === 'stay' ? ', or those of the minute that runs' : ', or the one that runs'
