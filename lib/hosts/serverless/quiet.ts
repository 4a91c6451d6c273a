import type { AwsClients } from '../../adapters/aws/clients.ts'
import { appsInTable } from '../../adapters/aws/dynamo/apps-in-table.ts'
import { DynamoHeadStore } from '../../adapters/aws/dynamo/dynamo-head-store.ts'
import { systemClock } from '../../adapters/local/system-clock.ts'
import { isLeased } from '../../checkpoint/decide.ts'
import { type Head, SILENT_MS } from '../../model/head.ts'
import { SluiceError } from '../../model/errors.ts'

/** The parts of a stage that have to be told apart to bring it to rest. */
interface Running {
  readonly table: string
  /** Name of the coordinator function. */
  readonly coordinator: string
}

/** How often it is looked whether the coordinator has let go. */
const LOOK_MS = 2000

/**
 * Lets the coordinator that runs come to its end, with its batches, and no other begin: nothing is under way any more
 * when this resolves. Throws `E_BUSY` if the app is still held after `patienceMs`.
 */
export async function bringToRest(
  clients: AwsClients,
  { table, coordinator }: Running,
  patienceMs: number,
): Promise<void> {
  await keepOut(clients, coordinator)
  const until = systemClock.now() + patienceMs
  // One that was let in just before has committed by then, or shows that it holds the app.
  await pause(SILENT_MS + LOOK_MS)
  for (const app of (await appsInTable(clients, table)) ?? []) {
    const head = new DynamoHeadStore<Head>(clients, table, app)
    while (isHeld((await head.read())?.value, systemClock.now())) {
      if (systemClock.now() > until) throw stillHeld(app, patienceMs)
      await pause()
    }
  }
}

/** Lets no coordinator begin any more. */
export const keepOut = (clients: AwsClients, coordinator: string): Promise<void> =>
  allowInvocations(clients, coordinator, 0)

const pause = (ms = LOOK_MS): Promise<void> =>
  systemClock.sleepUntil(systemClock.now() + ms, new AbortController().signal)

const isHeld = (head: Head | undefined, now: number): boolean => head !== undefined && isLeased(head, now)

/** Lets a coordinator run again that was brought to rest; `false`: it was not, and is left as it is. */
export async function letRun(clients: AwsClients, coordinator: string, concurrency: number | null): Promise<boolean> {
  const { client, sdk } = await clients.lambda()
  const { ReservedConcurrentExecutions } = await client.send(
    new sdk.GetFunctionConcurrencyCommand({ FunctionName: coordinator }),
  )
  if (ReservedConcurrentExecutions !== 0) return false
  await allowInvocations(clients, coordinator, concurrency)
  return true
}

/** `null`: as many as the account has. A function that is not there needs no leave. */
async function allowInvocations(clients: AwsClients, coordinator: string, atOnce: number | null): Promise<void> {
  const { client, sdk } = await clients.lambda()
  const FunctionName = coordinator
  try {
    if (atOnce === null) await client.send(new sdk.DeleteFunctionConcurrencyCommand({ FunctionName }))
    else
      await client.send(new sdk.PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: atOnce }))
  } catch (error) {
    if (!(error instanceof sdk.ResourceNotFoundException)) throw error
  }
}

const stillHeld = (app: string, patienceMs: number): SluiceError =>
  new SluiceError('E_BUSY', `A coordinator still holds "${app}" after ${Math.round(patienceMs / 1000)} s.`, {
    did: 'no tick is let in any more; nothing was removed',
    next: ['run the command again when its batch is done', 'or deploy, which lets ticks in again'],
  })
