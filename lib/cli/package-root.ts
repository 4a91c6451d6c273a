import { existsSync, readFileSync } from 'node:fs'

/** The folder that holds this package's `package.json`, from sources as well as from a build. */
export function packageRoot(): URL {
  for (let folder = new URL('./', import.meta.url); ; folder = new URL('../', folder)) {
    if (existsSync(new URL('package.json', folder))) return folder
    if (folder.pathname === '/') throw new Error('this package has no package.json')
  }
}

export const packageVersion = (): string =>
  (JSON.parse(readFileSync(new URL('package.json', packageRoot()), 'utf8')) as { version: string }).version
