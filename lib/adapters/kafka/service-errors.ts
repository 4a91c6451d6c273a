import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, SluiceError } from '../../model/errors.ts'

/** An error of the client, as far as decisions rest on it. Some classes keep a string where others keep a list. */
interface ClientError extends Error {
  readonly code?: string
  readonly apiId?: string
  readonly canRetry?: boolean
  readonly errors?: unknown
  readonly response?: unknown
}

/** An error with all those inside it. */
export function* within(error: unknown): Generator<ClientError> {
  if (!(error instanceof Error)) return
  yield error
  const { errors, cause } = error as ClientError
  if (Array.isArray(errors)) for (const each of errors) yield* within(each)
  yield* within(cause)
}

/** Whether the brokers said `id`, as in `OFFSET_OUT_OF_RANGE`. */
export const says = (error: unknown, ...ids: readonly string[]): boolean =>
  within(error).some(({ apiId }) => apiId !== undefined && ids.includes(apiId))

const isRefusal = (error: unknown): boolean =>
  within(error).some(
    ({ code, apiId }) =>
      code === 'PLT_KFK_AUTHENTICATION' || /_AUTHORIZATION_FAILED$|^SASL_|^UNSUPPORTED/.test(apiId ?? ''),
  )

const mayPass = (error: unknown): boolean =>
  within(error).some(
    ({ code, canRetry }) =>
      canRetry === true ||
      ['PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(code ?? ''),
  )

/** Codes of answers that a broker gives while leaders change, coordinators load or partitions are made. */
export const passingCodes: ReadonlySet<number> = new Set([3, 5, 6, 7, 9, 13, 14, 15, 16, 56, 74, 75, 78, 88, 100, 103])

/** Thrown within `repeatedly` where an answer says that a later one will be another. */
export class NotYet extends Error {}

export interface Patience {
  /** How long to go on trying, in ms. */
  readonly retryMs: number
  /** What cannot be done, for the error. */
  readonly what: string
  readonly signal?: AbortSignal
}

/**
 * Tries until it succeeds, `retryMs` have passed, or an error says that nothing will change. Throws `E_KAFKA_REFUSED`,
 * `E_KAFKA_UNREACHABLE`, and what is ours as it is.
 */
export async function repeatedly<R>({ retryMs, what, signal }: Patience, attempt: () => Promise<R>): Promise<R> {
  const until = Date.now() + retryMs
  for (let pause = 50; ; pause = Math.min(1_000, pause * 2)) {
    signal?.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (error instanceof SluiceError) throw error
      if (isRefusal(error)) throw failure('E_KAFKA_REFUSED', what, error)
      if (!(error instanceof NotYet) && !mayPass(error)) throw error
      if (Date.now() + pause > until) throw failure('E_KAFKA_UNREACHABLE', what, error)
      await sleep(pause * (0.75 + Math.random() / 2))
    }
  }
}

const failure = (code: 'E_KAFKA_REFUSED' | 'E_KAFKA_UNREACHABLE', what: string, error: unknown): SluiceError => {
  const reasons = [...new Set([...within(error)].map(messageOf))].slice(0, 4).join(' ')
  return new SluiceError(code, `${what}: ${reasons}`, {
    did: 'the batch was not completed',
    retry: code === 'E_KAFKA_UNREACHABLE',
    next:
      code === 'E_KAFKA_REFUSED'
        ? ['check user, password and mechanism, and what the user may do']
        : ['see whether the brokers are up and can be reached from here', 'check `tls` and `sasl`'],
    cause: error,
  })
}
