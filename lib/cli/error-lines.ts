import type { ErrorCode } from '../model/error-codes.ts'
import { framesOf, isOurs, stackOf, type Where, wordsOf } from '../model/errors.ts'
import { isSystemError, systemCode } from '../model/system-code.ts'
import { visible, visibleLine } from '../model/visible.ts'
import { placeAmong } from '../model/place.ts'
import { count } from './units.ts'
import type { Paint } from './terminal.ts'

/** What anything that was thrown comes to: ours as it is, everything else as an error of the user's program. */
interface ErrorFacts {
  readonly code: ErrorCode
  readonly message: string
  readonly where: Where
  readonly did: string
  readonly next: readonly string[]
  readonly retry: boolean
  readonly stack: string
}

/** `dir`: the directory of the run, which commands to type name; `null`: it has none, and `undefined`: nobody knows. */
export function factsOf(error: unknown, dir?: string | null): ErrorFacts {
  const stack = stackOf(error)
  const place = placeAmong(framesOf(error))
  if (!isOurs(error)) {
    const isOfSystem = place === null && isSystemError(error)
    return {
      code: isOfSystem ? 'E_SYSTEM' : 'E_USER_CODE',
      message: wordsOf(error),
      where: place === null ? {} : { place },
      did: '',
      next: isOfSystem ? wayOut(error) : [],
      retry: false,
      stack,
    }
  }
  const { code, message, where, did, next, retry } = error
  return {
    code,
    message,
    where: where.place || place === null ? where : { ...where, place },
    did,
    next: choicesFor(next, dir),
    retry,
    stack,
  }
}

/** Codes of the system for a place without room. */
const FULL = new Set(['ENOSPC', 'EDQUOT'])

function wayOut(error: NodeJS.ErrnoException): string[] {
  const at = error.path === undefined ? '' : ` ${quoted(error.path)}`
  return [FULL.has(systemCode(error) ?? '') ? `df -h${at}     make room there` : `ls -ld${at}`]
}

/** Commands that can be typed as they are. Without a directory there is nothing that they could be about. */
export function choicesFor(next: readonly string[], dir: string | null | undefined): string[] {
  if (dir === null) return next.filter((choice) => !choice.includes('<dir>'))
  return next.map((choice) => (dir === undefined ? choice : choice.replaceAll('<dir>', () => quoted(dir))))
}

const quoted = (dir: string): string => (/^[\w./-]+$/.test(dir) ? dir : `'${dir.replaceAll("'", `'\\''`)}'`)

/**
 * The one shape of an error in text: what, where, what was done about it, what to type next. Nothing in it acts on a
 * terminal but our own colours.
 */
export function errorLines(
  error: unknown,
  {
    paint,
    verbose,
    clean = (text) => text,
    dir,
  }: {
    readonly paint: Paint
    readonly verbose: boolean
    readonly clean?: (text: string) => string
    /** The directory of the run; `null` where it has none. */
    readonly dir?: string | null | undefined
  },
): string {
  const facts = factsOf(error, dir)
  const line = (text: string): string => visibleLine(clean(text))
  const [code, places, did, next] = [
    line(facts.code),
    line(whereText(facts.where)),
    line(facts.did),
    facts.next.map(line),
  ]
  const lines = [`${paint.bad(`✕ ${code}`)}  ${indented(visible(clean(facts.message)))}`]
  if (places !== '') lines.push(`  where  ${places}`)
  if (did !== '') lines.push(`  did    ${did}`)
  lines.push(...nextLines(next.length > 0 ? next : [`sluice explain ${code}`]))
  if (verbose) lines.push(...framesOf(error).map((frame) => paint.dim(`         ${line(frame.trim())}`)))
  return `${lines.join('\n')}\n`
}

/** What to type next, a line each. */
export const nextLines = (choices: readonly string[]): string[] =>
  choices.map((choice, i) => `${i === 0 ? '  next   ' : '         '}${choice}`)

/** `operator · file:line:column · partition · offset · batch` */
function whereText({ operator, place, partition, offset, batch, detail }: Where): string {
  const parts = [
    operator,
    place,
    partition === undefined ? undefined : `partition ${partition}`,
    offset === undefined ? undefined : `offset ${offset}`,
    batch === undefined ? undefined : `batch #${count(batch)}`,
    detail,
  ]
  return parts.filter((part) => part !== undefined && part !== '').join(' · ')
}

const indented = (message: string): string => message.trimEnd().replaceAll('\n', '\n  ')
