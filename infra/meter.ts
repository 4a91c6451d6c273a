import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** One call of a service of AWS, as it went by. */
export interface RecordedCall {
  /** The function that made it: the app id of its SDK; `null` for a caller that gives none. */
  readonly caller: string | null
  /** As IAM names it: `s3:GetObject`. */
  readonly action: string
  /** Last part of the ARN: `bucket/key`, `table/name`, `function:name`. */
  readonly resource: string
  /** Of `s3:ListBucket`: what it was asked for. */
  readonly prefix: string | null
  readonly status: number
  readonly bytesIn: number
  readonly bytesOut: number
}

interface Meter {
  readonly url: string
  readonly calls: readonly RecordedCall[]
  close(): Promise<void>
}

/** A server that hands every request on to the one at `upstream`, and remembers what it was. */
export async function startMeter(upstream: string): Promise<Meter> {
  const calls: RecordedCall[] = []
  const to = new URL(upstream)
  const streams = new Iterators()
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = []
    const answered: Buffer[] = []
    const { method = 'GET', url = '/', headers } = incoming
    const onward = request({ host: to.hostname, port: to.port, method, path: url, headers }, (came) => {
      answer.writeHead(came.statusCode!, came.headers)
      came.on('data', (chunk: Buffer) => answered.push(chunk))
      came.pipe(answer)
      came.on('end', () => {
        const [body, said] = [Buffer.concat(chunks), Buffer.concat(answered)]
        const sizes = { bytesIn: body.length, bytesOut: said.length }
        for (const call of callsOf(method, new URL(url, 'http://meter'), headers, body, said, streams))
          calls.push({ ...call, caller: callerOf(headers), status: came.statusCode!, ...sizes })
      })
    })
    onward.on('error', () => answer.destroy())
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The SDK says it in the name that it gives itself. */
const callerOf = (headers: IncomingHttpHeaders): string | null =>
  /(?:^| )app\/(\S+)/.exec(`${headers['x-amz-user-agent'] ?? ''} ${headers['user-agent'] ?? ''}`)?.[1] ?? null

type Call = Pick<RecordedCall, 'action' | 'resource' | 'prefix'>

/** Several for what IAM takes for several. */
function callsOf(
  method: string,
  url: URL,
  headers: IncomingHttpHeaders,
  body: Buffer,
  said: Buffer,
  streams: Iterators,
): Call[] {
  const target = headers['x-amz-target']
  if (typeof target === 'string') return targetCalls(target.split('.') as [string, string], body, said, streams)
  const invoked = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(url.pathname)
  if (!invoked) return [objectCall(method, url)]
  const name = decodeURIComponent(invoked[1]).replace(/^.*:function:/, '')
  const version = url.searchParams.get('Qualifier')
  return [
    { action: 'lambda:InvokeFunction', resource: `function:${name}${version ? `:${version}` : ''}`, prefix: null },
  ]
}

interface Asked {
  readonly TableName?: string
  readonly StreamName?: string
  readonly StreamARN?: string
  readonly ShardIterator?: string
  readonly NextToken?: string
}

function targetCalls([service, action]: [string, string], body: Buffer, said: Buffer, streams: Iterators): Call[] {
  const asked = JSON.parse(body.toString()) as Asked
  if (service.startsWith('Kinesis'))
    return [{ action: `kinesis:${action}`, resource: `stream/${streams.nameOf(asked, said)}`, prefix: null }]
  if (!service.startsWith('DynamoDB'))
    return [{ action: `${service.toLowerCase()}:${action}`, resource: body.toString().slice(0, 200), prefix: null }]
  return [{ action: `dynamodb:${action}`, resource: `table/${asked.TableName ?? ''}`, prefix: null }]
}

/** Which stream an iterator is of: those who read name nothing else. */
class Iterators {
  readonly #streams = new Map<string, string>()

  nameOf({ StreamName, StreamARN, ShardIterator, NextToken }: Asked, said: Buffer): string {
    const known = this.#streams.get(ShardIterator ?? NextToken ?? '')
    const name = StreamName ?? StreamARN?.split('/').at(-1) ?? known ?? 'unknown'
    const answer = JSON.parse(said.toString() || '{}') as Record<string, unknown>
    for (const next of [answer['ShardIterator'], answer['NextShardIterator'], answer['NextToken']])
      if (typeof next === 'string') this.#streams.set(next, name)
    return name
  }
}

const ON_OBJECTS: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  POST: 's3:PutObject',
  DELETE: 's3:DeleteObject',
}

function objectCall(method: string, { pathname, searchParams }: URL): Call {
  const resource = decodeURIComponent(pathname.slice(1)).replace(/\/$/, '')
  if (method === 'GET' && !resource.includes('/'))
    return { action: 's3:ListBucket', resource, prefix: searchParams.get('prefix') ?? '' }
  return { action: ON_OBJECTS[method] ?? `s3:${method}`, resource, prefix: null }
}
