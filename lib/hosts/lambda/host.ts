import { clientsUntil } from '../../adapters/aws/bounded.ts'
import { type AwsClients, type Environment, awsClients } from '../../adapters/aws/clients.ts'
import { dynamoApp } from '../../adapters/aws/dynamo/dynamo-app.ts'
import { DynamoHeadStore } from '../../adapters/aws/dynamo/dynamo-head-store.ts'
import { DynamoRegister } from '../../adapters/aws/dynamo/dynamo-register.ts'
import { appsInTable } from '../../adapters/aws/dynamo/apps-in-table.ts'
import { S3BlobStore } from '../../adapters/aws/s3/s3-blob-store.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { Clock } from '../../host/clock.ts'
import type { HeadStore } from '../../host/head-store.ts'
import type { Host } from '../../host/host.ts'
import type { Log } from '../../host/log.ts'
import type { Random } from '../../host/random.ts'
import { loadedLater } from '../../model/loaded-later.ts'
import { systemClock } from '../../adapters/local/system-clock.ts'
import { systemRandom } from '../../adapters/local/system-random.ts'
import type { Head } from '../../model/head.ts'
import type { TimeLimit } from '../../runtime/time-limit.ts'
import { type AwsSettings, awsSettings } from './settings.ts'
import { jsonLines } from '../../adapters/local/json-lines.ts'

/** What one function touches. Clients are made on first use, so a function opens only what it needs. */
export interface AwsHost {
  readonly settings: AwsSettings
  readonly clients: AwsClients
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly blobs: BlobStore
  /** How long the invocation may take, where it stops by itself. */
  readonly limit?: TimeLimit
  head(app: string): HeadStore<Head>
  /** Head and control record, for whoever runs the app. */
  stores(app: string): Pick<Host<Head>, 'head' | 'control'>
  /** Who runs a receiver of an app: no part of the app's own items, which no code of a program may write. */
  lease(app: string, receiver: string): Pick<HeadStore<unknown>, 'read' | 'cas'>
  /** The names of the apps that have a head. */
  apps(): Promise<readonly string[]>
}

type Heads = Pick<AwsHost, 'head' | 'stores' | 'lease' | 'apps'>

/** Under this, in the table or in the bucket, stands who runs which receiver. No app has a name with a slash in it. */
const RECEIVERS = 'receivers/'

const inTable = (clients: AwsClients, table: string): Heads => ({
  head: (app) => new DynamoHeadStore<Head>(clients, table, app),
  stores: (app) => dynamoApp<Head>(clients, table, app),
  lease: (app, receiver) => new DynamoRegister(clients, table, `${RECEIVERS}${app}/${receiver}`, 'lease'),
  apps: async () => (await appsInTable(clients, table)) ?? [],
})

/** Below this prefix of the bucket lie heads, where there is no table. */
const HEADS_PREFIX = 'heads/'

const inBucket = (clients: AwsClients, bucket: string): Heads => ({
  head: (app) => registerIn<Head>(clients, bucket, HEADS_PREFIX, app),
  stores: (app) => ({
    head: registerIn<Head>(clients, bucket, HEADS_PREFIX, app),
    control: registerIn<unknown>(clients, bucket, HEADS_PREFIX, app, 'ctrl'),
  }),
  lease: (app, receiver) => registerIn<unknown>(clients, bucket, RECEIVERS, `${app}/${receiver}`, 'lease'),
  apps: async () => (await (await registers()).appsInBucket(clients, bucket, HEADS_PREFIX)) ?? [],
})

/** Most heads lie in a table. */
const registers = loadedLater(() => import('../../adapters/aws/s3/s3-register.ts'))

function registerIn<Value>(
  clients: AwsClients,
  bucket: string,
  prefix: string,
  app: string,
  item: 'head' | 'ctrl' | 'lease' = 'head',
): HeadStore<Value> {
  let register: HeadStore<Value> | null = null
  const opened = async (): Promise<HeadStore<Value>> => {
    const { S3Register } = await registers()
    return (register ??= new S3Register<Value>(clients, bucket, prefix, app, item))
  }
  return {
    read: async () => (await opened()).read(),
    cas: async (expected, value, cause) => (await opened()).cas(expected, value, cause),
    close: async () => (await opened()).close(),
  }
}

/**
 * Below this prefix of the bucket lie the app's own objects; everything else in it is the user's.
 */
export const BLOB_PREFIX = 'blobs/'

export const awsHost = (environment: Environment, clients = awsClients(environment)): AwsHost =>
  hostOf(awsSettings(environment), clients)

/** The host as one invocation sees it: no call of a service goes on when the time is over. */
export const hostWithin = ({ settings, clients, log }: AwsHost, limit: TimeLimit): AwsHost => ({
  ...hostOf(settings, clientsUntil(clients, limit.signal)),
  log,
  limit,
})

function hostOf(settings: AwsSettings, clients: AwsClients): AwsHost {
  return {
    settings,
    clients,
    clock: systemClock,
    random: systemRandom,
    log: jsonLines((line) => {
      process.stdout.write(line)
    }),
    blobs: new S3BlobStore(clients, settings.bucket, BLOB_PREFIX),
    ...(settings.table === null ? inBucket(clients, settings.bucket) : inTable(clients, settings.table)),
  }
}
