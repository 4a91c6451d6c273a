/** What the SDK throws, as far as decisions rest on it. */
interface ServiceError extends Error {
  readonly $fault?: 'client' | 'server'
  readonly $retryable?: { readonly throttling?: boolean }
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** The status of the answer; `null` when there was none. */
export const statusOf = (error: unknown): number | null => (error as ServiceError).$metadata?.httpStatusCode ?? null

/**
 * Whether the service has seen the request and found it wrong: sending it again would change nothing. An answer that
 * was cut off has a status too, and what it would have said is not known; only what was read whole has a `$fault`.
 */
export function isRefusal(error: unknown): boolean {
  const status = statusOf(error)
  return (
    (error as ServiceError).$fault !== undefined &&
    status !== null &&
    status >= 400 &&
    status < 500 &&
    status !== 408 &&
    status !== 429 &&
    !isThrottling(error)
  )
}

const isThrottling = (error: unknown): boolean =>
  (error as ServiceError).$retryable?.throttling === true ||
  /Throttl|LimitExceeded|ThroughputExceeded/.test((error as Error).name)
