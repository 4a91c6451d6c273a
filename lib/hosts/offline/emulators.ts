import type { AddressInfo } from 'node:net'
import { awsClients, type AwsClients, type Environment } from '../../adapters/aws/clients.ts'
import { tableKeys } from '../serverless/resources.ts'
import { conditionalWrites } from './conditional-writes.ts'
import { neededPackage } from './needed-packages.ts'
import { tableServerOf } from './table-server.ts'

/** S3, SQS, SNS and DynamoDB in this process, empty, on free ports of the loopback interface. */
export interface Emulators {
  /** What a process sets in order to use them, in place of AWS. */
  readonly environment: Readonly<Record<string, string>>
  readonly s3: string
  readonly dynamodb: string
  close(): Promise<void>
}

/** Throws `E_AWS_PACKAGE` where a package that they consist of is not installed. */
export async function startEmulators(): Promise<Emulators> {
  const { buildApp } = await neededPackage(() => import('fauxqs'))
  const { default: dynalite } = await neededPackage(() => import('dynalite'))
  const bucketServer = buildApp({ logger: false })
  conditionalWrites(bucketServer)
  const tableServer = tableServerOf(dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }))
  await bucketServer.listen({ port: 0, host: '127.0.0.1' })
  await new Promise<void>((resolve) => tableServer.server.listen(0, '127.0.0.1', resolve))
  const s3 = urlOf(bucketServer.server.address() as AddressInfo)
  const dynamodb = urlOf(tableServer.server.address() as AddressInfo)
  return {
    environment: environmentOf(s3, dynamodb),
    s3,
    dynamodb,
    async close() {
      bucketServer.server.closeAllConnections()
      await bucketServer.close()
      await tableServer.close()
    },
  }
}

/** The table and the bucket of a stage, as the plugin describes them, under names of our own. */
export async function createStores(
  { s3, dynamodb }: Pick<Emulators, 's3' | 'dynamodb'>,
  table: string,
  bucket: string,
): Promise<void> {
  const clients = emulatedClients(environmentOf(s3, dynamodb))
  const [tables, buckets] = [await clients.dynamoWrites(), await clients.s3()]
  await tables.client.send(
    new tables.sdk.CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...tableKeys.AttributeDefinitions],
      KeySchema: [...tableKeys.KeySchema],
    }),
  )
  await buckets.client.send(new buckets.sdk.CreateBucketCommand({ Bucket: bucket }))
  tables.client.destroy()
  buckets.client.destroy()
}

/** Clients of what is emulated, whatever this process says of an account. */
export const emulatedClients = (environment: Environment): AwsClients =>
  awsClients(environment, { accessKeyId: 'local', secretAccessKey: 'local' })

const environmentOf = (s3: string, dynamodb: string): Readonly<Record<string, string>> => ({
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_S3: s3,
  AWS_ENDPOINT_URL_SQS: s3,
  AWS_ENDPOINT_URL_SNS: s3,
  AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
})

const urlOf = ({ port }: AddressInfo): string => `http://127.0.0.1:${port}`
