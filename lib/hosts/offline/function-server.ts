import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FunctionPool, PAYLOAD_MAX, type Told } from './function-pool.ts'

/** The API of Lambda as far as functions call each other by it, on a free port of the loopback interface. */
interface FunctionServer {
  readonly url: string
  close(): Promise<void>
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

export async function serveFunctions(pools: ReadonlyMap<string, FunctionPool>): Promise<FunctionServer> {
  const { createServer } = process.getBuiltinModule('node:http')
  const server = createServer((request, response) => void answer(request, response, pools))
  // An invocation may take as long as its function may.
  server.requestTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pools: ReadonlyMap<string, FunctionPool>,
): Promise<void> {
  const name = decodeURIComponent(PATH.exec(request.url ?? '')?.[1] ?? '')
  const pool = pools.get(name)
  const payload = await bodyOf(request)
  if (!pool) return refuse(response, 404, 'ResourceNotFoundException', `Function not found: ${name}`)
  if (Buffer.byteLength(payload) > PAYLOAD_MAX)
    return refuse(response, 413, 'RequestTooLargeException', `Request must be smaller than ${PAYLOAD_MAX} bytes`)
  const { headers, body } = answered(await pool.invoke(payload))
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body)
}

function answered(told: Told): { readonly headers: Record<string, string>; readonly body: string } {
  if (told.kind === 'done') return { headers: {}, body: told.payload }
  const { kind: _kind, facts: _facts, ...error } = told
  return { headers: { 'x-amz-function-error': 'Unhandled' }, body: JSON.stringify(error) }
}

const refuse = (response: ServerResponse, status: number, type: string, message: string): void =>
  void response
    .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type })
    .end(JSON.stringify({ Type: 'User', Message: message }))

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  return text === '' ? '{}' : text
}
