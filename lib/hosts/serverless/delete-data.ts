import type { AwsClients } from '../../adapters/aws/clients.ts'
import { isCalled } from '../../adapters/aws/service-error.ts'
import { systemClock } from '../../adapters/local/system-clock.ts'

/** What holds the data of a stage. */
interface Data {
  readonly table: string
  readonly bucket: string
}

/** Deletes a table that is protected against it, and an empty bucket: the stack of a protected stage leaves both. */
export async function deleteData(clients: AwsClients, { table, bucket }: Data): Promise<void> {
  const { client, sdk } = await clients.dynamoWrites()
  const TableName = table
  await unlessGone(() => client.send(new sdk.UpdateTableCommand({ TableName, DeletionProtectionEnabled: false })))
  while ((await statusOf(clients, table)) === 'UPDATING') await pause()
  await unlessGone(() => client.send(new sdk.DeleteTableCommand({ TableName })))
  while ((await statusOf(clients, table)) !== null) await pause()
  const s3 = await clients.s3()
  await unlessGone(() => s3.client.send(new s3.sdk.DeleteBucketCommand({ Bucket: bucket })))
}

/** Names of what still holds data. */
export async function dataLeft(clients: AwsClients, { table, bucket }: Data): Promise<string[]> {
  const s3 = await clients.s3()
  const hasBucket = await unlessGone(() => s3.client.send(new s3.sdk.HeadBucketCommand({ Bucket: bucket })))
  const left: string[] = []
  if ((await statusOf(clients, table)) !== null) left.push(`the table ${table}`)
  if (hasBucket !== null) left.push(`the bucket ${bucket}`)
  return left
}

async function statusOf(clients: AwsClients, TableName: string): Promise<string | null> {
  const { client, sdk } = await clients.dynamoReads()
  const found = await unlessGone(() => client.send(new sdk.DescribeTableCommand({ TableName })))
  if (found === null) return null
  return found.Table?.TableStatus ?? ''
}

const pause = (): Promise<void> => systemClock.sleepUntil(systemClock.now() + 1000, new AbortController().signal)

async function unlessGone<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call()
  } catch (error) {
    if (isCalled(error, 'ResourceNotFoundException', 'NoSuchBucket', 'NotFound')) return null
    throw error
  }
}
