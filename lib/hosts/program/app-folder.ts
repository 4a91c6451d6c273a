import { createHash } from 'node:crypto'
import { given } from '../../model/given.ts'
import { SluiceError } from '../../model/errors.ts'
import { shownOr } from '../../model/settled.ts'

const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$/
const DERIVED = /--[0-9a-f]{20}$/

/**
 * The folder that holds the state of an app, and what the app is called in a table and in the keys of objects. Two
 * names never have one: a name that can be a folder is its own, any other has its hash in it, and a name that looks
 * like one of those is treated as any other.
 */
export function appFolder(name: string): string {
  if (PLAIN.test(name) && !DERIVED.test(name)) return name
  if (!isUsableName(name)) throw unusableName(name)
  const readable = formerFolder(name).slice(0, 40) || 'app'
  return `${readable}--${createHash('sha256').update(name).digest('hex').slice(0, 20)}`
}

/** The folder that earlier versions used, which several names may share; empty where they refused the name. */
export const formerFolder = (name: string): string =>
  name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 63)

/** A letter or a digit of any script makes a name that people can read, on one line. */
export const isUsableName = (name: unknown): name is string =>
  typeof name === 'string' && /[\p{L}\p{N}]/u.test(name) && !/[\p{Cc}\p{Cs}]/u.test(name)

export const unusableName = (name: unknown, place?: string): SluiceError =>
  new SluiceError('E_NAME', `${shownOr(name)} is not a usable app name.`, {
    where: given({ place }),
    did: 'nothing was started',
    next: ["give the app a name with a letter or digit, on one line: app('word-count', …)"],
  })
