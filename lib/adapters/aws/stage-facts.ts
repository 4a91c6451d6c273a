import { messageOf } from '../../model/errors.ts'
import type { AwsClients } from './clients.ts'
import { isCalled } from './service-error.ts'

/** What was found, or why it could not be looked at. */
export type Looked<T> = { readonly found: T } | { readonly why: string }

/** A rule of a bucket that deletes objects. */
interface ExpiringRule {
  readonly id: string
  /** Keys that it holds for begin so; empty: all. */
  readonly prefix: string
}

/** How the parts of a stage are set up, as the services say it themselves. */
export interface StageFacts {
  /** `null`: it is not there. */
  readonly table: Looked<TableFacts | null>
  /** `null`: there is no bucket. */
  readonly expiring: Looked<readonly ExpiringRule[] | null>
  /** Invocations at once that no function has kept for itself. */
  readonly unreserved: Looked<number>
  /** Kept for the coordinator; `null`: nothing is; 0: it is kept out. */
  readonly coordinator: Looked<number | null>
  /** How far the clock of this machine is off, in ms, as the SDK has seen it from an answer: they say whole seconds. */
  readonly clockOffMs: number
}

interface TableFacts {
  readonly keys: readonly string[]
  /** The attribute whose time deletes items; `null`: none. */
  readonly expiresBy: string | null
  /** Other regions that it is copied to and from. */
  readonly replicas: readonly string[]
  /** Whether it can be taken back to any second of the last weeks. */
  readonly isBackedUp: boolean
}

/** Looks at the parts of a stage; changes nothing, and fails for none of them. */
export async function stageFacts(
  clients: AwsClients,
  { table, bucket, coordinator }: { readonly table: string; readonly bucket: string; readonly coordinator: string },
): Promise<StageFacts> {
  const [ofTable, expiring, unreserved, reserved] = await Promise.all([
    looked(() => tableFacts(clients, table)),
    looked(() => expiringRules(clients, bucket)),
    looked(() => unreservedConcurrency(clients)),
    looked(() => reservedConcurrency(clients, coordinator)),
  ])
  const { client } = await clients.dynamoReads()
  return { table: ofTable, expiring, unreserved, coordinator: reserved, clockOffMs: client.config.systemClockOffset }
}

/** Looks, and says why where that is refused. */
export async function looked<T>(look: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { found: await look() }
  } catch (error) {
    return { why: messageOf(error) }
  }
}

async function tableFacts(clients: AwsClients, TableName: string): Promise<TableFacts | null> {
  const { client, sdk } = await clients.dynamoReads()
  try {
    const { Table } = await client.send(new sdk.DescribeTableCommand({ TableName }))
    const { TimeToLiveDescription: expiry } = await client.send(new sdk.DescribeTimeToLiveCommand({ TableName }))
    const { ContinuousBackupsDescription: backups } = await client.send(
      new sdk.DescribeContinuousBackupsCommand({ TableName }),
    )
    const region = await client.config.region()
    const isExpiring = expiry?.TimeToLiveStatus === 'ENABLED' || expiry?.TimeToLiveStatus === 'ENABLING'
    return {
      keys: (Table?.KeySchema ?? []).map(({ AttributeName }) => AttributeName ?? ''),
      expiresBy: isExpiring ? (expiry.AttributeName ?? '') : null,
      replicas: (Table?.Replicas ?? []).map(({ RegionName }) => RegionName ?? '').filter((name) => name !== region),
      isBackedUp: backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED',
    }
  } catch (error) {
    if (error instanceof sdk.ResourceNotFoundException) return null
    throw error
  }
}

async function expiringRules(clients: AwsClients, Bucket: string): Promise<readonly ExpiringRule[] | null> {
  const { client, sdk } = await clients.s3()
  try {
    const { Rules = [] } = await client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket }))
    return Rules.filter(({ Status, Expiration }) => Status === 'Enabled' && Expiration !== undefined).map((rule) => ({
      id: rule.ID ?? 'without a name',
      prefix: rule.Filter?.And?.Prefix ?? rule.Filter?.Prefix ?? rule.Prefix ?? '',
    }))
  } catch (error) {
    if (isCalled(error, 'NoSuchLifecycleConfiguration')) return []
    if (isCalled(error, 'NoSuchBucket')) return null
    throw error
  }
}

async function unreservedConcurrency(clients: AwsClients): Promise<number> {
  const { client, sdk } = await clients.lambda()
  const { AccountLimit } = await client.send(new sdk.GetAccountSettingsCommand({}))
  return AccountLimit!.UnreservedConcurrentExecutions!
}

async function reservedConcurrency(clients: AwsClients, FunctionName: string): Promise<number | null> {
  const { client, sdk } = await clients.lambda()
  const { ReservedConcurrentExecutions } = await client.send(new sdk.GetFunctionConcurrencyCommand({ FunctionName }))
  return ReservedConcurrentExecutions ?? null
}
