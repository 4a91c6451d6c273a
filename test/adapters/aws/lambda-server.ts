import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import type { InvocationContext } from '../../../lib/hosts/lambda/invocation.ts'

type Handler = (event: any, context: InvocationContext) => Promise<unknown>

/** What becomes of one call instead of its answer. */
type Fault = 'throttle' | 'lose-answer' | 'crash'

/** Lambda's Invoke, for handlers of this process: everything crosses as JSON over HTTP. */
export interface LambdaServer {
  readonly url: string
  readonly calls: { readonly name: string; readonly bytes: number }[]
  /** Asked before each call. */
  fault: (name: string) => Fault | null
  /** Waited for before each call; `kind` is what a message says that it is, if it does. */
  before: (kind: string | undefined) => Promise<void>
  close(): Promise<void>
}

export async function lambdaServer(
  handlers: Readonly<Record<string, Handler>>,
  timeoutMs = 60_000,
): Promise<LambdaServer> {
  const calls: { name: string; bytes: number }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const name = /\/functions\/([^/]+)\/invocations/.exec(request.url ?? '')![1]
      const body = Buffer.concat(chunks)
      calls.push({ name, bytes: body.length })
      void answer(name, body.toString('utf8'), response)
    })
  })

  async function answer(name: string, payload: string, response: ServerResponse): Promise<void> {
    await lambda.before((JSON.parse(payload || '{}') as { readonly kind?: string }).kind)
    const fault = lambda.fault(name)
    const handler = handlers[name]
    if (!handler)
      return send(
        response,
        404,
        { Type: 'User', Message: `Function not found: ${name}` },
        { 'x-amzn-errortype': 'ResourceNotFoundException' },
      )
    if (fault === 'throttle')
      return send(
        response,
        429,
        { Reason: 'ConcurrentInvocationLimitExceeded', message: 'Rate Exceeded.' },
        { 'x-amzn-errortype': 'TooManyRequestsException' },
      )
    if (fault === 'crash')
      return send(
        response,
        200,
        { errorType: 'Runtime.ExitError', errorMessage: 'Runtime exited' },
        { 'x-amz-function-error': 'Unhandled' },
      )
    const end = Date.now() + timeoutMs
    try {
      const result = await handler(JSON.parse(payload), {
        awsRequestId: randomUUID(),
        getRemainingTimeInMillis: () => end - Date.now(),
      })
      if (fault === 'lose-answer') response.destroy()
      else send(response, 200, result)
    } catch (error) {
      send(
        response,
        200,
        { errorType: (error as Error).name, errorMessage: (error as Error).message },
        { 'x-amz-function-error': 'Unhandled' },
      )
    }
  }

  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const lambda: LambdaServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fault: () => null,
    before: async () => {},
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return lambda
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
