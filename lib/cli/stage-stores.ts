import { accessError, assertAccess } from '../adapters/aws/access.ts'
import { type AwsClients, awsClients } from '../adapters/aws/clients.ts'
import { appsInTable } from '../adapters/aws/dynamo/apps-in-table.ts'
import { dynamoApp } from '../adapters/aws/dynamo/dynamo-app.ts'
import { S3BlobStore } from '../adapters/aws/s3/s3-blob-store.ts'
import { checkedHead } from '../checkpoint/check-head.ts'
import type { BlobStore } from '../host/blob-store.ts'
import { BLOB_PREFIX } from '../hosts/lambda/host.ts'
import type { Head } from '../model/head.ts'
import { type Verdict, verifyHistory } from '../verify/history.ts'
import { placeOfStage } from './stage-place.ts'
import type { PlaceValues, StoredPlace } from './stored-place.ts'
import { usageError } from './usage.ts'

/** How a stage is named on a command line, and what its parts are called. */
interface Names {
  readonly typed: string
  readonly table: string
  readonly bucket: string
  readonly region: string | null
  /** A command that shows the log of the coordinator, where `serverless.yml` is. */
  readonly logs: string | null
  /** What makes it. */
  readonly deploy: string
}

/**
 * What the functions of a stage have stored, as `HeadStore` and `BlobStore` see it. Names come from the plugin, or from
 * `--table` and `--bucket`. Throws `E_USAGE` and `E_AWS_ACCESS`.
 */
export async function openStage(values: PlaceValues): Promise<StoredPlace> {
  const names = await namesIn(values)
  const clients = awsClients({ ...process.env, ...(names.region === null ? {} : { AWS_REGION: names.region }) })
  const { region } = await assertAccess(clients)
  return placeAt(clients, { ...names, region })
}

type StageValues = Pick<PlaceValues, 'at' | 'bucket'> & { readonly stage: string }

async function namesIn({ table, stage, ...values }: PlaceValues): Promise<Names> {
  if (table !== null) return givenNames({ ...values, table, stage })
  if (stage !== null) return namesOfStage({ ...values, stage })
  throw usageError('Neither a stage nor a table is named.', 'sluice … --stage <name>')
}

function givenNames({ table, bucket, stage }: PlaceValues & { readonly table: string }): Names {
  if (bucket === null) throw usageError('--table needs --bucket beside it.', `--table ${table} --bucket <name>`)
  const typed = `${stage === null ? '' : `--stage ${stage} `}--table ${table} --bucket ${bucket}`
  return { typed, table, bucket, region: null, logs: null, deploy: 'npx osls deploy' }
}

async function namesOfStage({ stage, at, bucket: given }: StageValues): Promise<Names> {
  const { table, bucket, region } = await placeOfStage(stage, at)
  const known = given ?? bucket
  // The name of the bucket holds the account, which only credentials tell.
  if (known === null) await assertAccess(awsClients({ ...process.env, AWS_REGION: region }))
  if (known === null)
    throw usageError(
      `Whose account the stage ${stage} is in could not be found out.`,
      `sluice … --stage ${stage} --table ${table} --bucket <name>`,
    )
  const logs = `npx osls logs --function coordinator --stage ${stage} --startTime 10m`
  return { typed: `--stage ${stage}`, table, bucket: known, region, logs, deploy: `npx osls deploy --stage ${stage}` }
}

function placeAt(clients: AwsClients, { typed, table, bucket, region, logs, deploy }: Names): StoredPlace {
  const blobs = reached(new S3BlobStore(clients, bucket, BLOB_PREFIX), bucket)
  const headOf = (app: string) => async () =>
    checkedHead(
      await dynamoApp<Head>(clients, table, app)
        .head.read()
        .catch(asAccess(`The table ${table}`)),
    )
  return {
    typed,
    async apps() {
      const apps = await appsInTable(clients, table).catch(asAccess(`The table ${table}`))
      if (apps === null)
        throw usageError(
          `There is no table ${table} in ${region}.`,
          `${deploy}, if nothing is deployed yet`,
          'name another --stage, or another AWS_REGION or AWS_PROFILE',
        )
      return apps
    },
    noApp: () => usageError(`The table ${table} holds no app: its first tick makes one.`, 'wait for a minute'),
    look: (app) => ({ blobs, control: dynamoApp(clients, table, app).control, head: headOf(app) }),
    blobs: async () => blobs,
    verify: (app) => verifyNewest(headOf(app), blobs),
    // Nobody can see that an invocation is gone: its lease tells.
    isGone: () => false,
    isTicked: true,
    logs,
  }
}

const asAccess =
  (what: string) =>
  (error: unknown): never => {
    throw accessError(what, error)
  }

/** The objects of a bucket, for somebody at a terminal: where it refuses, that is said in a sentence. */
function reached(blobs: BlobStore, bucket: string): BlobStore {
  const denied = asAccess(`The bucket ${bucket}`)
  return {
    putNew: (key, bytes) => blobs.putNew(key, bytes).catch(denied),
    get: (key) => blobs.get(key).catch(denied),
    getRange: (key, offset, length) => blobs.getRange(key, offset, length).catch(denied),
    list: (prefix) => blobs.list(prefix).catch(denied),
    delete: (key) => blobs.delete(key).catch(denied),
  }
}

/** How often the app may move on while it is verified. */
const MOVES_MAX = 5

/**
 * A table keeps no history: what can be verified is the newest head, and all that it reaches. The app goes on
 * meanwhile, and its sweep with it.
 */
async function verifyNewest(
  readHead: () => Promise<{ readonly rev: number; readonly value: Head } | null>,
  blobs: BlobStore,
): Promise<Verdict> {
  for (let attempt = 1; ; attempt++) {
    const found = await readHead()
    if (!found) return verifyHistory([], blobs)
    const { rev, value } = found
    // As if the log began here: its first write is compared with nothing before it.
    const write = { rev: Math.max(2, rev), value, cause: value.manifest === null ? 'acquire' : 'commit' }
    const verdict = await verifyHistory([write], blobs)
    if (verdict.violation === null || attempt === MOVES_MAX) return verdict
    if ((await readHead())?.value.committed === value.committed) return verdict
  }
}
