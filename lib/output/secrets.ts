import type { ErrorCode } from '../model/error-codes.ts'
import { inspect } from 'node:util'
import { messageOf, SluiceError, type ErrorFacts } from '../model/errors.ts'

/**
 * What of an address may be shown: no user, no password, no query, and on request no path, which often is the secret of
 * a web hook.
 */
export function shownAddress(url: string, { path }: { readonly path: boolean }): string {
  if (!URL.canParse(url)) return '<an address that is not a URL>'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${path ? pathname : ''}`
}

/** The parts of an address that nobody may see, encoded and not. */
export function secretsOf(url: string): string[] {
  if (!URL.canParse(url)) return [url]
  const { password, search, searchParams } = new URL(url)
  const secrets = [url, password, decoded(password), search, ...searchParams.values()]
  return [...new Set(secrets)].filter(
    (secret) => secret.length >= secretLengthMin || (secret !== '' && secret === password),
  )
}

/**
 * Our error for one of a driver, without what nobody may see. A cause that holds a secret anywhere, or quotes a value,
 * is left out.
 */
export function driverError(
  code: ErrorCode,
  about: string,
  error: unknown,
  secrets: readonly string[],
  facts: ErrorFacts,
): SluiceError {
  const shows = (text: string): boolean => secrets.some((secret) => text.includes(secret))
  const open = secrets.reduce((text, secret) => text.replaceAll(secret, '<redacted>'), messageOf(error))
  const message = withoutValues(open)
  return new SluiceError(code, `${about}: ${message}`, {
    ...facts,
    ...(message !== open || shows(inspect(error, { depth: 6 })) ? {} : { cause: error }),
  })
}

const QUOTED = new RegExp(
  String.raw`(\b(?:constraint|key|index|relation|column|table|function|type|database|schema|user|role|package|module` +
    String.raw`|command|field)s? ?)?(["'` +
    '`' +
    String.raw`])(?:.*?)\2(?:\.\2.*?\2)*`,
  'gis',
)

/** Databases quote the values that they refuse. What is quoted stays only where it is the name of something. */
const withoutValues = (message: string): string =>
  message.replaceAll(QUOTED, (all: string, before: string | undefined, quote: string) =>
    before === undefined ? `${quote}…${quote}` : all,
  )

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Shorter values of a query (`ssl=1`) are no secrets, and would be replaced all over the message. */
const secretLengthMin = 6
