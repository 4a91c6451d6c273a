import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { Child, freePort, Restarting, type RunningServer, serverFolder } from './server-process.ts'

const home = dirname(createRequire(import.meta.url).resolve('kinesis-local/package.json'))

/** A client of a server of this machine: such servers do not speak HTTP/2, with which the SDK begins. */
export const localKinesis = (endpoint: string): KinesisClient =>
  new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    requestHandler: new NodeHttpHandler({ requestTimeout: 30_000 }),
  })

interface KinesisSetup {
  /** Streams and records outlast a crash. They are written to a file again and again, so it is slower. */
  readonly keeps?: boolean
}

/**
 * Kinesis in memory (npm: `kinesis-local`), where everything happens at once. It listens on all interfaces and cannot
 * be told otherwise, and forgets its streams when it ends unless it is to keep them.
 */
export async function startKinesisLocal({ keeps = false }: KinesisSetup = {}): Promise<RunningServer> {
  const folder = serverFolder('kinesis')
  const [port, tlsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const env = {
    KINESIS_MOCK_CERT_PATH: join(home, 'server.json'),
    KINESIS_MOCK_PLAIN_PORT: String(port),
    KINESIS_MOCK_TLS_PORT: String(tlsPort),
    CREATE_STREAM_DURATION: '1ms',
    DELETE_STREAM_DURATION: '1ms',
    SPLIT_SHARD_DURATION: '1ms',
    MERGE_SHARDS_DURATION: '1ms',
    UPDATE_SHARD_COUNT_DURATION: '1ms',
    // Each test has streams of its own, and a file has more of them than the 50 shards that an account begins with.
    SHARD_LIMIT: '1000',
    LOG_LEVEL: 'ERROR',
    ...(keeps ? { SHOULD_PERSIST_DATA: 'true', PERSIST_PATH: folder, PERSIST_INTERVAL: `${SAVED_MS}ms` } : {}),
  }
  const client = localKinesis(url)
  const file = join(folder, SAVED)
  let kept: Buffer | null = null
  const server = await Restarting.of(
    () => {
      // What it was writing when it was killed may be half a file.
      if (kept) writeFileSync(file, kept)
      return new Child(process.execPath, [join(home, 'main.js')], { env })
    },
    () => client.send(new ListStreamsCommand({})),
  )
  return {
    url,
    port,
    get pid() {
      return server.pid
    },
    crash: async () => {
      if (keeps) kept = await lastSaved(file)
      await server.crash('SIGKILL')
    },
    stop: () => {
      client.destroy()
      return server.stop('SIGKILL', folder)
    },
  }
}

const SAVED_MS = 2_000
const SAVED = 'kinesis-data.json'

/** What it has written of everything that was there when it was asked for, whole. */
async function lastSaved(file: string): Promise<Buffer> {
  const asked = Date.now()
  for (;;) {
    await sleep(50)
    if (!existsSync(file) || statSync(file).mtimeMs < asked + SAVED_MS) continue
    const bytes = readFileSync(file)
    if (isWhole(bytes)) return bytes
  }
}

function isWhole(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}
