import type { AddressInfo } from 'node:net'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import dynalite from 'dynalite'
import { buildApp } from 'fauxqs'
import { conditionalWrites } from './conditional-writes.ts'

/** S3 and DynamoDB in this process, empty, on free ports of the loopback interface. */
export interface Emulators {
  /** What a process sets in order to use them, in place of AWS. */
  readonly environment: Readonly<Record<string, string>>
  readonly s3: string
  readonly dynamodb: string
  close(): Promise<void>
}

export async function startEmulators(): Promise<Emulators> {
  const bucketServer = buildApp({ logger: false })
  conditionalWrites(bucketServer)
  const tableServer = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  await bucketServer.listen({ port: 0, host: '127.0.0.1' })
  await new Promise<void>((resolve) => tableServer.listen(0, '127.0.0.1', resolve))
  const s3 = urlOf(bucketServer.server.address() as AddressInfo)
  const dynamodb = urlOf(tableServer.address() as AddressInfo)
  return {
    environment: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_S3: s3,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    },
    s3,
    dynamodb,
    async close() {
      bucketServer.server.closeAllConnections()
      tableServer.closeAllConnections()
      await bucketServer.close()
      await new Promise((resolve) => tableServer.close(resolve))
    },
  }
}

/** The table and the bucket that `serverless.yml` describes, under names of our own. */
export async function createStores(
  { s3, dynamodb }: Pick<Emulators, 's3' | 'dynamodb'>,
  table: string,
  bucket: string,
): Promise<void> {
  const shared = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }
  const tables = new DynamoDBClient({ ...shared, endpoint: dynamodb })
  const buckets = new S3Client({ ...shared, endpoint: s3, forcePathStyle: true })
  await tables.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  await buckets.send(new CreateBucketCommand({ Bucket: bucket }))
  tables.destroy()
  buckets.destroy()
}

const urlOf = ({ port }: AddressInfo): string => `http://127.0.0.1:${port}`
