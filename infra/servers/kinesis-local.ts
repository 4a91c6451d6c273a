import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { Child, freePort, type RunningServer, serverFolder } from './server-process.ts'

const home = dirname(createRequire(import.meta.url).resolve('kinesis-local/package.json'))

/** A client of a server of this machine: such servers do not speak HTTP/2, with which the SDK begins. */
export const localKinesis = (endpoint: string): KinesisClient =>
  new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: new NodeHttpHandler({ requestTimeout: 30_000 }),
  })

/**
 * Kinesis in memory (npm: `kinesis-local`), where everything happens at once. It listens on all interfaces and cannot
 * be told otherwise, and forgets its streams when it ends.
 */
export async function startKinesisLocal(): Promise<Omit<RunningServer, 'crash'>> {
  const folder = serverFolder('kinesis')
  const [port, tlsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const child = new Child(process.execPath, [join(home, 'main.js')], {
    env: {
      KINESIS_MOCK_CERT_PATH: join(home, 'server.json'),
      KINESIS_MOCK_PLAIN_PORT: String(port),
      KINESIS_MOCK_TLS_PORT: String(tlsPort),
      CREATE_STREAM_DURATION: '1ms',
      DELETE_STREAM_DURATION: '1ms',
      SPLIT_SHARD_DURATION: '1ms',
      MERGE_SHARDS_DURATION: '1ms',
      UPDATE_SHARD_COUNT_DURATION: '1ms',
      LOG_LEVEL: 'ERROR',
    },
  })
  const client = localKinesis(url)
  await child.ready(() => client.send(new ListStreamsCommand({})))
  client.destroy()
  return { url, port, pid: child.process.pid!, stop: () => child.stop('SIGKILL', folder) }
}
