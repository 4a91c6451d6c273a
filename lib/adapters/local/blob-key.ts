import { SluiceError } from '../../model/errors.ts'

/**
 * Passes `key` on if it is a relative path of plain names; throws `E_REF_SCOPE` otherwise, before anything touches a
 * disk.
 */
export const blobKey = (key: string): string => {
  if (!plainPath.test(key)) throw outOfScope(key)
  return key
}

/** Same for what `list` takes: the last name may be cut short or missing. */
export const blobPrefix = (prefix: string): string => {
  const cut = prefix.lastIndexOf('/')
  if (cut !== -1) blobKey(prefix.slice(0, cut))
  if (!plainStart.test(prefix.slice(cut + 1))) throw outOfScope(prefix)
  return prefix
}

/** Names with "/" between them, none of them "." or "..". */
const plainPath = /^(?:(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/(?!$)|$))+$/
const plainStart = /^[A-Za-z0-9._-]*$/

const outOfScope = (key: string): SluiceError =>
  new SluiceError('E_REF_SCOPE', `${JSON.stringify(key)} is not a name inside the blob store.`, {
    where: { detail: key },
    did: 'nothing was read or written',
    next: [
      'use relative paths of letters, digits, ".", "_" and "-", with "/" between names and no "." or ".." among them',
    ],
  })
