import { after } from 'node:test'
import { createStores } from '../../lib/hosts/offline/emulators.ts'
import { findJava, startDynamoDbLocal } from '../../infra/servers/dynamodb-local.ts'
import { findLocalStack, startLocalStack } from '../../infra/servers/localstack.ts'
import { awsClients } from '../../lib/adapters/aws/clients.ts'
import { DynamoHeadStore } from '../../lib/adapters/aws/dynamo/dynamo-head-store.ts'
import { S3BlobStore } from '../../lib/adapters/aws/s3/s3-blob-store.ts'
import { blobStoreContract } from '../../lib/testing/contracts/blob-store.ts'
import { headStoreContract } from '../../lib/testing/contracts/head-store.ts'
import { dynamoSinkLaw } from '../adapters/aws/dynamo/dynamo-sink-law.ts'
import { s3FilesLaw } from '../adapters/file-sink/s3-files-law.ts'

const [java, python] = [findJava(), findLocalStack()]
if (!java || !python)
  throw new Error('needs Java (Debian: openjdk-17-jre-headless) and LocalStack (infra/localstack/install.sh)')

const [table, bucket] = ['heads', 'objects']
let names = 0
const fresh = (): string => `run-${++names}`

const dynamo = await startDynamoDbLocal(java)
const stack = await startLocalStack(python)
after(() => Promise.all([dynamo.stop(), stack.stop()]))
await createStores({ s3: stack.url, dynamodb: stack.url }, table, bucket)
await createStores({ s3: stack.url, dynamodb: dynamo.url }, table, `${bucket}-unused`)

// Credentials are looked up by the SDK itself.
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' })
const ofDynamo = awsClients({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: dynamo.url })
const ofStack = awsClients({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: stack.url })

for (const [where, clients] of [
  ['DynamoDB Local', ofDynamo],
  ['LocalStack', ofStack],
] as const)
  headStoreContract(`DynamoDB head (${where})`, async () => {
    const app = fresh()
    return { connect: async () => new DynamoHeadStore(clients, table, app) }
  })

blobStoreContract('S3 blobs (LocalStack)', async () => new S3BlobStore(ofStack, bucket, `${fresh()}/`))
s3FilesLaw('S3 (LocalStack)', { clients: ofStack, bucket, fresh })

await dynamoSinkLaw('DynamoDB Local', ofDynamo)
await dynamoSinkLaw('DynamoDB (LocalStack)', ofStack)
