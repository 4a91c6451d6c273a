import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { type RecordedCall, startMeter } from './meter.ts'

/** serverless-offline with the functions of a `serverless.yml`, as a process of its own. */
interface ServerlessOffline {
  readonly url: string
  readonly pid: number
  readonly functions: readonly string[]
  /** Resolves when functions can be called, and when the process has ended before. */
  readonly ready: Promise<void>
  readonly ended: Promise<void>
  /** Calls of functions by functions so far, where they are metered. */
  calls(): readonly RecordedCall[]
  /** Invokes the coordinator, as the schedule does once a minute. */
  tick(): Promise<void>
  /** Invokes what deletes, as the schedule does once an hour. */
  collect(): Promise<void>
  close(): Promise<void>
}

const PATIENCE_MS = 10_000

const root = fileURLToPath(new URL('..', import.meta.url))

/** The service of a folder: that of this repository, where nothing else is said. */
export async function createServerless(
  environment: Readonly<Record<string, string>>,
  { metered = false, folder = root, service = 'sluice' } = {},
): Promise<ServerlessOffline> {
  const [lambdaPort, httpPort] = await freePorts(2)
  const meter = metered ? await startMeter(`http://127.0.0.1:${lambdaPort}`) : null
  const url = `http://127.0.0.1:${lambdaPort}`
  const bin = fileURLToPath(new URL('../node_modules/serverless/bin/serverless.js', import.meta.url))
  const args = [
    'offline',
    'start',
    '--stage',
    'offline',
    '--host',
    '127.0.0.1',
    '--lambdaPort',
    String(lambdaPort),
    '--httpPort',
    String(httpPort),
    '--noSponsor',
  ]
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of its own: Ctrl-C reaches this process alone, which then ends the child in order.
    detached: true,
    env: {
      ...process.env,
      ...environment,
      AWS_ENDPOINT_URL_LAMBDA: meter?.url ?? url,
      // The plugin is this repository's source; an asynchronous call whose handler throws would end the process.
      NODE_OPTIONS: '--conditions=sluice-source --unhandled-rejections=warn',
    },
  })
  const ended = once(child, 'exit').then(() => {})
  const client = new LambdaClient({
    region: 'us-east-1',
    endpoint: url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  const invoke = async (name: string): Promise<void> => {
    await client.send(new InvokeCommand({ FunctionName: `${service}-offline-${name}`, Payload: '{}' }))
  }
  return {
    url,
    pid: child.pid!,
    functions: ['coordinator', 'task', 'output', 'gc'].map((name) => `${service}-offline-${name}`),
    ready: untilOpen(lambdaPort, () => child.exitCode !== null || child.signalCode !== null),
    ended,
    // It lasts until the next tick; when everything ends before, its answer does not matter.
    tick: () => invoke('coordinator').catch(() => {}),
    collect: () => invoke('gc'),
    calls: () => meter?.calls ?? [],
    async close() {
      client.destroy()
      await meter?.close()
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGINT')
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function untilOpen(port: number, gone: () => boolean): Promise<void> {
  while (!gone() && !(await isOpen(port))) await new Promise((resolve) => setTimeout(resolve, 50))
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = new Socket()
    const answer = (open: boolean): void => {
      socket.destroy()
      resolve(open)
    }
    socket
      .once('connect', () => answer(true))
      .once('error', () => answer(false))
      .connect(port, '127.0.0.1')
  })
