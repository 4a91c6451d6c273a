import type * as kinesis from '@aws-sdk/client-kinesis'
import { systemCode } from '../../model/system-code.ts'
import type * as dynamodb from '@aws-sdk/client-dynamodb'
import type * as lambda from '@aws-sdk/client-lambda'
import type * as s3 from '@aws-sdk/client-s3'
import type * as sns from '@aws-sdk/client-sns'
import type * as sqs from '@aws-sdk/client-sqs'
import { SluiceError } from '../../model/errors.ts'
import { checkedEndpoint } from './endpoint.ts'

/** A client and the package that its commands come from. */
interface Sdk<Client, Package> {
  readonly client: Client
  readonly sdk: Package
}
export type S3 = Sdk<s3.S3Client, typeof s3>
type Dynamo = Sdk<dynamodb.DynamoDBClient, typeof dynamodb>
export type Kinesis = Sdk<kinesis.KinesisClient, typeof kinesis>
type Lambda = Sdk<lambda.LambdaClient, typeof lambda>
type Sqs = Sdk<sqs.SQSClient, typeof sqs>
type Sns = Sdk<sns.SNSClient, typeof sns>

/**
 * The clients of one process. Each package is loaded and each client made on first use, so a function pays for those it
 * needs.
 */
export interface AwsClients {
  /** Objects. */
  s3(): Promise<S3>
  /** Repeats what the service did not answer; for reads. */
  dynamoReads(): Promise<Dynamo>
  /** Sends a request once: whether an unanswered write took effect is for its caller to find out. */
  dynamoWrites(): Promise<Dynamo>
  /** Sends a request once: a second one would run the function again. */
  lambda(): Promise<Lambda>
  /** Sends a request once; reads of it repeat nothing either. */
  sqs(): Promise<Sqs>
  /** Sends a request once. */
  sns(): Promise<Sns>
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Who calls, or how that is found out. */
export type Credentials = NonNullable<s3.S3ClientConfig['credentials']>

/** Longer than any function may run. */
const INVOKE_MS_MAX = 15 * 60_000 + 10_000

/**
 * Clients as the environment says: `AWS_REGION`, and `AWS_ENDPOINT_URL_S3`, `_DYNAMODB`, `_LAMBDA`, `_SQS`, `_SNS` or
 * `AWS_ENDPOINT_URL` for servers other than Amazon's. Credentials are looked up as always with the SDK where none are
 * given. Throws `E_AWS_PACKAGE` where a package is not installed.
 */
export function awsClients(environment: Environment, credentials?: Credentials): AwsClients {
  const place = (service: string): Place & { credentials?: Credentials } => ({
    ...placeOf(environment, service),
    ...(credentials ? { credentials } : {}),
  })
  const dynamo = (maxAttempts: number): (() => Promise<Dynamo>) =>
    once(async () => {
      const sdk = await installed('@aws-sdk/client-dynamodb', () => import('@aws-sdk/client-dynamodb'))
      const requestHandler = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true }
      return { sdk, client: new sdk.DynamoDBClient({ ...place('DYNAMODB'), maxAttempts, requestHandler }) }
    })
  return {
    s3: once(async () => {
      const sdk = await installed('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'))
      const requestHandler = { connectionTimeout: 3000, socketTimeout: 30_000 }
      return {
        sdk,
        client: new sdk.S3Client({
          ...place('S3'),
          requestHandler,
          forcePathStyle: endpointOf(environment, 'S3') !== undefined,
        }),
      }
    }),
    dynamoReads: dynamo(4),
    dynamoWrites: dynamo(1),
    lambda: once(async () => {
      const sdk = await installed('@aws-sdk/client-lambda', () => import('@aws-sdk/client-lambda'))
      const requestHandler = {
        connectionTimeout: 3000,
        requestTimeout: INVOKE_MS_MAX,
        throwOnRequestTimeout: true,
        httpAgent: SOCKETS,
        httpsAgent: SOCKETS,
      }
      return { sdk, client: new sdk.LambdaClient({ ...place('LAMBDA'), maxAttempts: 1, requestHandler }) }
    }),
    sqs: once(async () => {
      const sdk = await installed('@aws-sdk/client-sqs', () => import('@aws-sdk/client-sqs'))
      return { sdk, client: new sdk.SQSClient({ ...place('SQS'), maxAttempts: 1, requestHandler: SENDING }) }
    }),
    sns: once(async () => {
      const sdk = await installed('@aws-sdk/client-sns', () => import('@aws-sdk/client-sns'))
      return { sdk, client: new sdk.SNSClient({ ...place('SNS'), maxAttempts: 1, requestHandler: SENDING }) }
    }),
  }
}

/** Longer than a long poll of a queue takes. */
const SENDING = { connectionTimeout: 3000, requestTimeout: 30_000, throwOnRequestTimeout: true }

/** Where a stream is and who reads it, where that is not as the environment says. */
export interface KinesisPlace {
  readonly region?: string
  /** The address of a server other than Amazon's. */
  readonly endpoint?: string
  readonly credentials?: NonNullable<kinesis.KinesisClientConfig['credentials']>
}

/**
 * A client that sends each request once: what Kinesis throttles is asked for again later, by whoever knows how long the
 * batch may take. It speaks HTTP/1.1, which servers other than Amazon's have as well.
 */
export async function kinesisClient(given: KinesisPlace, environment: Environment = process.env): Promise<Kinesis> {
  const sdk = await installed('@aws-sdk/client-kinesis', () => import('@aws-sdk/client-kinesis'))
  const { NodeHttpHandler } = await installed('@smithy/node-http-handler', () => import('@smithy/node-http-handler'))
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 3000, requestTimeout: 30_000 })
  const endpoint = given.endpoint && checkedEndpoint('endpoint', given.endpoint, environment['AWS_LAMBDA_RUNTIME_API'])
  const config = { ...placeOf(environment, 'KINESIS'), ...given, ...(endpoint ? { endpoint } : {}) }
  return { sdk, client: new sdk.KinesisClient({ ...config, maxAttempts: 1, requestHandler }) }
}

interface Place {
  region?: string
  endpoint?: string
}

function placeOf(environment: Environment, service: string): Place {
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION']
  const endpoint = endpointOf(environment, service)
  return { ...(region ? { region } : {}), ...(endpoint ? { endpoint } : {}) }
}

/** A call holds its socket for as long as the function runs. */
const SOCKETS = { keepAlive: true, maxSockets: 1000 }

function endpointOf(environment: Environment, service: string): string | undefined {
  const name = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL'].find((each) => environment[each])
  return name && checkedEndpoint(name, environment[name]!, environment['AWS_LAMBDA_RUNTIME_API'])
}

let ofProcess: AwsClients | null = null

/** The clients of this process's own environment. */
export const processClients = (): AwsClients => (ofProcess ??= awsClients(process.env))

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => (made ??= make())
}

async function installed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new SluiceError('E_AWS_PACKAGE', `The package ${name} is not installed.`, {
      did: 'nothing was started',
      next: [`npm install ${name}`],
      cause: error,
    })
  }
}
