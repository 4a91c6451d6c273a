import type { IncomingMessage, Server, ServerResponse } from 'node:http'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** An emulator of DynamoDB, as a server that outlives what its clients do. */
interface TableServer {
  readonly server: Server
  /** Answers the requests that are whole, refuses all others, and closes. */
  close(): Promise<void>
}

/**
 * By itself the emulator throws out of its callbacks, which ends the process, where a client goes away in the middle of
 * a request and where its database closes while it answers one. Here the first is listened to, and the database closes
 * behind the last answer.
 */
export function tableServerOf(server: Server): TableServer {
  const [answer] = server.listeners('request') as Answer[]
  const inFlight = new Set<IncomingMessage>()
  const idle = Promise.withResolvers<void>()
  let closing = false
  const done = (request: IncomingMessage): void => {
    inFlight.delete(request)
    if (closing && inFlight.size === 0) idle.resolve()
  }
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (closing) return void request.destroy()
    inFlight.add(request)
    // No event tells of an answer that nobody is there to hear.
    const end = response.end
    response.end = (...given: unknown[]) => {
      done(request)
      return Reflect.apply(end, response, given) as ServerResponse
    }
    answer!(request, response)
    request.removeAllListeners('error')
    request.on('error', () => {})
    request.on('close', () => {
      if (!request.complete) done(request)
    })
    return undefined
  })
  return {
    server,
    async close() {
      closing = true
      for (const request of inFlight) if (!request.complete) request.destroy()
      if (inFlight.size > 0) await idle.promise
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
