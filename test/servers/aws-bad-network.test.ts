import { after } from 'node:test'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { findJava, startDynamoDbLocal } from '../../infra/servers/dynamodb-local.ts'
import { findLocalStack, startLocalStack } from '../../infra/servers/localstack.ts'
import { awsBadNetworkLaw } from '../adapters/aws/bad-network-law.ts'

const [java, python] = [findJava(), findLocalStack()]
if (!java || !python)
  throw new Error('needs Java (Debian: openjdk-17-jre-headless) and LocalStack (infra/localstack/install.sh)')

const dynamo = await startDynamoDbLocal(java)
const stack = await startLocalStack(python)
after(() => Promise.all([dynamo.stop(), stack.stop()]))
Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })

const bucket = 'objects'
const s3 = new S3Client({ endpoint: stack.url, region: 'us-east-1', forcePathStyle: true })
await s3.send(new CreateBucketCommand({ Bucket: bucket }))
s3.destroy()

let names = 0
awsBadNetworkLaw('DynamoDB Local and LocalStack', {
  s3: stack.url,
  dynamodb: dynamo.url,
  sqs: stack.url,
  bucket,
  fresh: () => `run-${++names}`,
})
