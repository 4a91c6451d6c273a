import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { SluiceError } from '../model/errors.ts'
import { readArguments } from './arguments.ts'
import { packageVersion } from './package-root.ts'
import { projectFiles } from './project-files.ts'
import { usageError } from './usage.ts'

/** Writes a new project that runs at once. Refuses to write where something is. */
export async function create(args: readonly string[]): Promise<number> {
  const { words } = readArguments('create', args, {})
  if (words.length !== 1) throw usageError('create takes one name.', 'sluice create clicks')
  const folder = words[0]
  const name = basename(resolve(folder))
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw usageError(
      `${JSON.stringify(name)} cannot name a project: lower-case letters, digits and dashes, starting with a letter.`,
      'sluice create clicks',
    )
  if (existsSync(folder)) {
    throw new SluiceError('E_EXISTS', `${folder} is already there.`, {
      did: 'nothing was written',
      next: ['choose another name', `move ${folder} away`],
    })
  }
  const files = projectFiles(name, packageVersion())
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text, { flag: 'wx' })
  }
  const rest = files
    .filter(({ about }) => !about)
    .map(({ path }) => path)
    .join('  ')
  const lines = files.filter(({ about }) => about).map(({ path, about }) => `    ${path.padEnd(19)}${about}`)
  process.stdout.write(
    [
      `  ${folder}/  created`,
      ...lines,
      `    ${rest}`,
      '',
      `  next   cd ${folder} && npm install && npm start`,
      '',
    ].join('\n'),
  )
  return 0
}
