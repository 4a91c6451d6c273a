import { type AwsClients, type Environment, awsClients } from '../aws/clients.ts'
import { DynamoHeadStore } from '../aws/dynamo-head-store.ts'
import { Functions } from '../aws/functions.ts'
import { S3BlobStore } from '../aws/s3-blob-store.ts'
import { s3Directories } from '../aws/s3-directories.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { Clock } from '../host/clock.ts'
import type { HeadStore } from '../host/head-store.ts'
import type { Log } from '../host/log.ts'
import type { Random } from '../host/random.ts'
import { systemClock } from '../local/system-clock.ts'
import { systemRandom } from '../local/system-random.ts'
import type { Head } from '../model/head.ts'
import type { OutputEnvironment } from '../stream/output-operation.ts'
import type { SparkContext } from '../stream/spark-context.ts'
import { type AwsSettings, awsSettings } from './aws-settings.ts'
import { jsonLines } from './json-lines.ts'

/** What one function touches. Clients are made on first use, so a function opens only what it needs. */
export interface AwsHost {
  readonly settings: AwsSettings
  readonly clients: AwsClients
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly blobs: BlobStore
  readonly functions: Functions
  head(app: string): HeadStore<Head>
  /** Where `print` writes and `saveAsTextFiles` saves: standard output, and S3. */
  outputs(head: Pick<Head, 'app' | 'inc'>, sparkContext: SparkContext): OutputEnvironment
}

/** Below this prefix of the bucket lie the app's own objects; everything else in it is the user's. */
export const BLOB_PREFIX = 'blobs/'

export function awsHost(environment: Environment): AwsHost {
  const settings = awsSettings(environment)
  const clients = awsClients(environment)
  return {
    settings,
    clients,
    clock: systemClock,
    random: systemRandom,
    log: jsonLines((line) => {
      process.stdout.write(line)
    }),
    blobs: new S3BlobStore(clients, settings.bucket, BLOB_PREFIX),
    functions: new Functions(clients, systemClock, systemRandom),
    head: (app) => new DynamoHeadStore<Head>(clients, settings.table, app),
    outputs: ({ app, inc }, sparkContext) => ({
      app,
      inc,
      sparkContext,
      files: s3Directories(clients),
      clock: systemClock,
      write: (text) => {
        process.stdout.write(text)
      },
    }),
  }
}
