import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, SluiceError } from '../../model/errors.ts'
import { systemCode } from '../../model/system-code.ts'
import { placeIn } from '../../model/place.ts'
import { type App, isApp } from '../program/app.ts'

/** What a module turned out to be once it had run: an app to start, or a program that has done everything itself. */
type Program = { readonly kind: 'app'; readonly app: App } | { readonly kind: 'classic' }

interface Loading {
  /** Whether the program has started a context: from then on it may take as long as it likes. */
  readonly started: () => boolean
  /** How long a program may take before it starts anything. */
  readonly patienceMs?: number
}

/**
 * Runs a module. A program in Spark's form resolves when its last statement has run, which is usually when its context
 * has stopped. Throws `E_USER_INIT` when the module throws, or neither ends nor starts anything; errors with a code of
 * ours pass as they are.
 */
export async function loadProgram(url: string, { started, patienceMs = 10_000 }: Loading): Promise<Program> {
  const guard = new Guard(url, started, patienceMs)
  try {
    const module = (await Promise.race([import(url), guard.expired])) as { readonly default?: unknown }
    if (isApp(module.default)) return { kind: 'app', app: module.default }
    return { kind: 'classic' }
  } catch (error) {
    if (error instanceof SluiceError) throw error
    throw initError(error, url, started())
  } finally {
    guard.close()
  }
}

/**
 * Notices a module that will not come to an end: because time is up, or because nothing is left in this process that
 * could wake it.
 */
class Guard {
  readonly expired: Promise<never>
  readonly close: () => void

  constructor(url: string, started: () => boolean, patienceMs: number) {
    let expire: (why: string) => void = () => {}
    this.expired = new Promise((_, reject) => {
      expire = (why) => {
        if (!started()) reject(neverSettles(url, why))
      }
    })
    const idle = (): void => expire('waits for something that can never happen')
    const timer = setTimeout(
      () => expire(`has neither ended nor started a stream after ${patienceMs / 1000} s`),
      patienceMs,
    ).unref()
    process.once('beforeExit', idle)
    this.close = () => {
      clearTimeout(timer)
      process.off('beforeExit', idle)
    }
  }
}

/** A program in Spark's form that has made no stream run, and exports no app either. */
export const nothingStarted = (file: string): SluiceError =>
  new SluiceError('E_NOT_STARTED', 'The program ended without starting a stream.', {
    where: { place: shortPath(file) },
    did: 'nothing was started',
    next: [
      "export default app('name', seconds(1), (ssc) => { … })",
      'or end the program with ssc.start() and await ssc.awaitTermination()',
    ],
  })

const neverSettles = (url: string, why: string): SluiceError =>
  new SluiceError('E_USER_INIT', `The program ${why}.`, {
    where: { place: shortPath(url) },
    did: 'nothing was started',
    next: ['look for an await at the top of the module, or in a module it imports, that does not resolve'],
  })

function initError(error: unknown, url: string, started: boolean): SluiceError {
  const thrown = [error instanceof Error && error.name, messageOf(error)].filter((part) => part !== false).join(': ')
  const { did, next } = started ? RUNNING : STARTING
  const wrapped = new SluiceError('E_USER_INIT', thrown, {
    where: { place: placeOf(error, url) },
    did,
    next: [...asModules(error, url), ...missingPackage(error), next],
    cause: error,
  })
  if (error instanceof Error) wrapped.stack = error.stack ?? ''
  return wrapped
}

const STARTING = { did: 'nothing was started', next: 'mend the module, or the module it imports, and run it again' }
const RUNNING = { did: 'the stream was stopped', next: 'mend the program and run it again' }

function asModules(error: unknown, url: string): string[] {
  if (!(error instanceof SyntaxError) || !isCommonJs(fileURLToPath(url))) return []
  return ['npm pkg set type=module     package.json says commonjs, where import and export are errors']
}

/** What to type for a package that is not installed; nothing for a file that is not there. */
function missingPackage(error: unknown): string[] {
  if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND' || (error as { readonly url?: string }).url !== undefined) return []
  const name = /^Cannot find package '([^']+)'/.exec((error as Error).message)?.[1]
  if (name === undefined) return []
  return [`npm install ${name}`]
}

/** Whether the nearest `package.json` says so, as `npm init -y` writes it. */
function isCommonJs(file: string): boolean {
  const folder = dirname(file)
  const found = join(folder, 'package.json')
  if (!existsSync(found)) return folder !== file && isCommonJs(folder)
  return (JSON.parse(readFileSync(found, 'utf8')) as { readonly type?: string }).type === 'commonjs'
}

/**
 * Where it was thrown; a file that could not even be parsed has no frame, but its name and line stand in the first line
 * of the stack or in the words.
 */
function placeOf(error: unknown, url: string): string {
  const stack = (error instanceof Error && error.stack) || ''
  const parsed = /^(file:\/\/[^\n]+):(\d+)$/m.exec(stack) ?? /^(\/[^\n]+):(\d+)$/m.exec(stack)
  if (parsed) return `${shortPath(parsed[1]!)}:${parsed[2]}`
  return placeIn(stack) ?? shortPath(/imported from (\S+)/.exec(stack)?.[1] ?? url)
}

function shortPath(file: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  const here = `${process.cwd()}/`
  if (!path.startsWith(here)) return path
  return path.slice(here.length)
}
