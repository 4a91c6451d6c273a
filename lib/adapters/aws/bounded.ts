import type { AwsClients } from './clients.ts'

interface Options {
  readonly abortSignal?: AbortSignal | undefined
}
type Send = (command: unknown, options?: Options) => Promise<unknown>
interface Sending {
  send(...given: never): unknown
}

/**
 * The client with calls that end: with an answer, with an error, when the caller's signal aborts, or after
 * `deadlineMs`, whatever its own attempts and waits come to. What arrives behind the head of an answer, as the bytes of
 * an object do, may take longer, until the signal aborts.
 */
export function bounded<C extends Sending>(
  client: C,
  { service, deadlineMs }: { readonly service: string; readonly deadlineMs: number },
): C {
  return sendingBy(client, async (send, command, { abortSignal, ...options }) => {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(unanswered(service, deadlineMs)), deadlineMs)
    try {
      return await untilAborted(anyOf(abortSignal, late.signal), (signal) =>
        send(command, { ...options, abortSignal: signal }),
      )
    } finally {
      clearTimeout(timer)
    }
  })
}

/** The clients of something that may be given up: no call of theirs goes on after `signal` aborts, and none begins. */
export const clientsUntil = (clients: AwsClients, signal: AbortSignal | undefined): AwsClients =>
  signal === undefined
    ? clients
    : (Object.fromEntries(
        Object.entries(clients).map(([name, make]) => [
          name,
          async () => madeUntil(await (make as () => Promise<Made>)(), signal),
        ]),
      ) as unknown as AwsClients)

interface Made {
  readonly client: Sending
}

/** The same of one client. */
export const madeUntil = <M extends Made>(made: M, signal: AbortSignal | undefined): M =>
  signal === undefined
    ? made
    : {
        ...made,
        client: sendingBy(made.client, (send, command, { abortSignal, ...options }) =>
          untilAborted(anyOf(abortSignal, signal), (both) => send(command, { ...options, abortSignal: both })),
        ),
      }

/** The client itself is left as it is: others may use it without a bound. */
function sendingBy<C extends Sending>(
  client: C,
  by: (send: Send, command: unknown, options: Options) => Promise<unknown>,
): C {
  const send = client.send.bind(client) as unknown as Send
  return Object.create(client, {
    // As a client's own: whoever wraps it once more may give another.
    send: { value: (command: unknown, options: Options = {}) => by(send, command, options), writable: true },
  }) as C
}

/** A client that waits between its attempts does not look at its signal meanwhile. */
async function untilAborted(signal: AbortSignal, send: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    return await Promise.race([send(signal), aborted.promise])
  } catch (error) {
    // The client's own words say only that somebody has aborted.
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

const anyOf = (one: AbortSignal | undefined, other: AbortSignal): AbortSignal =>
  one === undefined ? other : AbortSignal.any([one, other])

/** Looks like a connection that broke off: nobody knows what became of the request. */
const unanswered = (service: string, deadlineMs: number): Error =>
  Object.assign(new Error(`${service} did not answer within ${Math.round(deadlineMs / 1000)} s`), { code: 'ETIMEDOUT' })
