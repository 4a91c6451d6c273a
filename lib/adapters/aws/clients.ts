import type * as kinesis from '@aws-sdk/client-kinesis'
import type * as dynamodb from '@aws-sdk/client-dynamodb'
import type * as lambda from '@aws-sdk/client-lambda'
import type * as s3 from '@aws-sdk/client-s3'
import type * as sns from '@aws-sdk/client-sns'
import type * as sqs from '@aws-sdk/client-sqs'
import { messageOf, SluiceError } from '../../model/errors.ts'
import { installed } from '../../model/installed.ts'
import { anything, type RulesOf, text } from '../../model/options.ts'
import { bounded } from './bounded.ts'
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
 * How long a call may take until it is answered, all attempts of the client included, in ms. Attempts have limits of
 * their own that are shorter; an object may be large, and its way to the service slow.
 */
const DEADLINE_MS = {
  S3: 5 * 60_000,
  DynamoDB: 20_000,
  Lambda: INVOKE_MS_MAX + 10_000,
  SQS: 45_000,
  SNS: 45_000,
  Kinesis: 45_000,
} as const

/**
 * Clients as the environment says: `AWS_REGION`, and `AWS_ENDPOINT_URL_S3`, `_DYNAMODB`, `_LAMBDA`, `_SQS`, `_SNS` or
 * `AWS_ENDPOINT_URL` for servers other than Amazon's. Credentials are looked up as always with the SDK where none are
 * given. Throws `E_AWS_PACKAGE` where a package is not installed, and `E_AWS_SETTING` where a client knows no region
 * or no credentials.
 */
export function awsClients(environment: Environment, credentials?: Credentials): AwsClients {
  const place = (service: string): Place & { credentials?: Credentials } => ({
    ...placeOf(environment, service),
    ...(credentials ? { credentials } : {}),
  })
  const dynamo = (maxAttempts: number): (() => Promise<Dynamo>) =>
    once(async () => {
      const sdk = await loaded('@aws-sdk/client-dynamodb', () => import('@aws-sdk/client-dynamodb'))
      const requestHandler = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true }
      const client = new sdk.DynamoDBClient({ ...place('DYNAMODB'), maxAttempts, requestHandler })
      return { sdk, client: await equipped('DynamoDB', client) }
    })
  return {
    s3: once(async () => {
      const sdk = await loaded('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'))
      const requestHandler = { connectionTimeout: 3000, socketTimeout: 30_000 }
      const forcePathStyle = endpointOf(environment, 'S3') !== undefined
      // One request in seven may be turned away for a while: of a hundred thousand calls one is left without answer.
      const client = new sdk.S3Client({ ...place('S3'), maxAttempts: 6, requestHandler, forcePathStyle })
      return { sdk, client: await equipped('S3', client) }
    }),
    dynamoReads: dynamo(4),
    dynamoWrites: dynamo(1),
    lambda: once(async () => {
      const sdk = await loaded('@aws-sdk/client-lambda', () => import('@aws-sdk/client-lambda'))
      const requestHandler = {
        connectionTimeout: 3000,
        requestTimeout: INVOKE_MS_MAX,
        throwOnRequestTimeout: true,
        httpAgent: SOCKETS,
        httpsAgent: SOCKETS,
      }
      const client = new sdk.LambdaClient({ ...place('LAMBDA'), maxAttempts: 1, requestHandler })
      return { sdk, client: await equipped('Lambda', client) }
    }),
    sqs: once(async () => {
      const sdk = await loaded('@aws-sdk/client-sqs', () => import('@aws-sdk/client-sqs'))
      const client = new sdk.SQSClient({ ...place('SQS'), maxAttempts: 1, requestHandler: SENDING })
      return { sdk, client: await equipped('SQS', client) }
    }),
    sns: once(async () => {
      const sdk = await loaded('@aws-sdk/client-sns', () => import('@aws-sdk/client-sns'))
      const client = new sdk.SNSClient({ ...place('SNS'), maxAttempts: 1, requestHandler: SENDING })
      return { sdk, client: await equipped('SNS', client) }
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

export const KINESIS_PLACE: RulesOf<KinesisPlace> = { region: text, endpoint: text, credentials: anything }

/**
 * A client that sends each request once: what Kinesis throttles is asked for again later, by whoever knows how long the
 * batch may take. It speaks HTTP/1.1, which servers other than Amazon's have as well.
 */
export async function kinesisClient(given: KinesisPlace, environment: Environment = process.env): Promise<Kinesis> {
  const sdk = await loaded('@aws-sdk/client-kinesis', () => import('@aws-sdk/client-kinesis'))
  const { NodeHttpHandler } = await loaded('@smithy/node-http-handler', () => import('@smithy/node-http-handler'))
  const requestHandler = new NodeHttpHandler({ connectionTimeout: 3000, requestTimeout: 30_000 })
  const endpoint = given.endpoint && checkedEndpoint('endpoint', given.endpoint, environment['AWS_LAMBDA_RUNTIME_API'])
  const config = { ...placeOf(environment, 'KINESIS'), ...given, ...(endpoint ? { endpoint } : {}) }
  return {
    sdk,
    client: await equipped('Kinesis', new sdk.KinesisClient({ ...config, maxAttempts: 1, requestHandler })),
  }
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

/** The first that came to be; after a failure the next call tries again. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () =>
    (made ??= make().catch((error: unknown) => {
      made = null
      throw error
    }))
}

interface Configured {
  send(...given: never): unknown
  readonly config: { region(): Promise<string>; credentials(): Promise<unknown> }
}

/**
 * The client, once it is known that it can sign a request: without that no call would come to anything. Each call of it
 * ends.
 */
async function equipped<C extends Configured>(service: keyof typeof DEADLINE_MS, client: C): Promise<C> {
  await found(client.config.region, `No region is set for ${service}`, [
    'export AWS_REGION=eu-west-1     the region that it is in',
  ])
  await found(client.config.credentials, `No credentials for ${service} were found`, [
    'aws configure     once, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    'export AWS_PROFILE=<name>     where ~/.aws has several',
  ])
  return bounded(client, { service, deadlineMs: DEADLINE_MS[service] })
}

async function found(look: () => Promise<unknown>, message: string, next: readonly string[]): Promise<void> {
  try {
    await look()
  } catch (error) {
    throw new SluiceError('E_AWS_SETTING', `${message}: ${messageOf(error)}`, {
      did: 'nothing was sent',
      next,
      retry: true,
      cause: error,
    })
  }
}

const loaded = <T>(name: string, load: () => Promise<T>): Promise<T> =>
  installed(
    load,
    (cause) =>
      new SluiceError('E_AWS_PACKAGE', `The package ${name} is not installed.`, {
        did: 'nothing was started',
        next: [`npm install ${name}`],
        cause,
      }),
  )
