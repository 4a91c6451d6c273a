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

/** Whether it is the error of one of these names: services say by name what went wrong. */
export const isCalled = (error: unknown, ...names: readonly string[]): boolean =>
  error instanceof Error && names.includes(error.name)

const isThrottling = (error: unknown): boolean =>
  (error as ServiceError).$retryable?.throttling === true || isCalled(error, ...THROTTLING)

/** Whether the code of one entry of a request means that entries come too fast. */
export const isThrottlingCode = (code: string): boolean => THROTTLING.includes(code)

/** What the SDK knows by these names, and the key service behind an encrypted stream, queue or topic. */
const THROTTLING: readonly string[] = [
  'BandwidthLimitExceeded',
  'KMSThrottlingException',
  'KmsThrottled',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttled',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]
