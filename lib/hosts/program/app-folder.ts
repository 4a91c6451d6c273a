import { SluiceError } from '../../model/errors.ts'

/** A folder-safe form of an app's name. */
export function appFolder(name: string): string {
  const folder = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 63)
  if (folder !== '') return folder
  throw new SluiceError('E_NAME', `${JSON.stringify(name)} is not a usable app name.`, {
    did: 'nothing was started',
    next: ['give the app a name with a letter or digit'],
  })
}
