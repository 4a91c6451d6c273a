import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dynamoDbLocalFolder } from './dynamodb-local.ts'
import { Child, freePort, type RunningServer, serverFolder } from './server-process.ts'

const python = fileURLToPath(new URL('../../.cache/localstack/venv/bin/python', import.meta.url))
const binaries = fileURLToPath(new URL('../../node_modules/.bin', import.meta.url))
const kinesisHome = dirname(createRequire(import.meta.url).resolve('kinesis-local/package.json'))
const KINESIS_VERSION = '0.6.2'
/** What is deployed here and is no server of its own: those begin with the first call. */
const SERVICES = 'cloudformation,cloudwatch,events,iam,lambda,logs,s3,scheduler,sns,sqs,ssm,sts'

/** The Python that has LocalStack, or `null` before `infra/localstack/install.sh` has run. */
export const findLocalStack = (): string | null => (existsSync(python) ? python : null)

interface LocalStack extends Omit<RunningServer, 'crash'> {
  /** What a process sets in order to use it in the place of AWS. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * AWS on this machine, empty, without Docker: LocalStack as a process whose functions are processes of Node. Everything
 * it keeps is in a temporary folder.
 */
export async function startLocalStack(program: string): Promise<LocalStack> {
  const folder = serverFolder('localstack')
  const port = await freePort()
  linkKinesis(join(folder, 'fs'))
  const url = `http://127.0.0.1:${port}`
  const child = new Child(program, ['-m', 'localstack.runtime.main'], { env: environmentOf(folder, port) })
  await child.ready(async () => {
    const answer = await fetch(`${url}/_localstack/init/ready`, { signal: AbortSignal.timeout(2000) })
    const { completed } = (await answer.json()) as { completed: boolean }
    if (!completed) throw new Error('not yet')
  })
  await startTables(url)
  return {
    url,
    port,
    pid: child.process.pid!,
    environment: {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: url,
    },
    // Asked to end, it ends the processes of its functions as well.
    stop: () => child.stop('SIGTERM', folder),
  }
}

/** Its tables are a server that begins with the first call, which takes longer than a call of ours may. */
async function startTables(url: string): Promise<void> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'DynamoDB_20120810.ListTables',
    authorization: 'AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/dynamodb/aws4_request, Signature=none',
  }
  const answer = await fetch(url, { method: 'POST', headers, body: '{}', signal: AbortSignal.timeout(120_000) })
  if (!answer.ok) throw new Error(`LocalStack has no tables: ${answer.status} ${await answer.text()}`)
}

/** LocalStack looks here for its Kinesis server before it would have npm fetch one. */
function linkKinesis(root: string): void {
  const modules = join(root, 'var/lib/localstack/lib/kinesis-local', KINESIS_VERSION, 'node_modules')
  mkdirSync(modules, { recursive: true })
  symlinkSync(kinesisHome, join(modules, 'kinesis-local'))
}

const environmentOf = (folder: string, port: number): Record<string, string> => ({
  PATH: `${binaries}:${process.env['PATH'] ?? ''}`,
  // A machine without an init system may be taken for a container.
  OVERRIDE_IN_DOCKER: '0',
  FILESYSTEM_ROOT: join(folder, 'fs'),
  // Its index of plugins goes by times rounded to two minutes: a new one would not be seen in an old index.
  XDG_CACHE_HOME: join(folder, 'cache'),
  GATEWAY_LISTEN: `127.0.0.1:${port}`,
  LOCALSTACK_HOST: `localhost:${port}`,
  DNS_ADDRESS: '0',
  DISABLE_EVENTS: '1',
  // One after another, before it is ready: first calls to two of them at once can wait for each other's modules.
  EAGER_SERVICE_LOADING: '1',
  STRICT_SERVICE_LOADING: '0',
  SERVICES,
  SKIP_SSL_CERT_DOWNLOAD: '1',
  // Other addresses of queues are names that nothing resolves.
  SQS_ENDPOINT_STRATEGY: 'path',
  LAMBDA_RUNTIME_EXECUTOR: 'node',
  LAMBDA_RETRY_BASE_DELAY: '2',
  DDB_LOCAL_DIR: dynamoDbLocalFolder(),
  DYNAMODB_IN_MEMORY: '1',
  DYNAMODB_HEAP_SIZE: '256m',
  KINESIS_MOCK_VERSION: KINESIS_VERSION,
  KINESIS_LATENCY: '1',
  KINESIS_MOCK_LOG_LEVEL: 'ERROR',
})
