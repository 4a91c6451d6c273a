import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asDirectoryError } from '../adapters/local/folder.ts'
import { makeFolders } from '../codec/folders.ts'
import { SluiceError } from '../model/errors.ts'
import { closest } from '../model/nearest.ts'
import { readArguments } from './arguments.ts'
import { packageRoot, packageVersion } from './package-root.ts'
import { projectFiles, type TemplateName, templates } from './project-files.ts'
import { usageError } from './usage.ts'

/** Writes a new project that runs at once. Refuses to write where something is. */
export async function create(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('create', args, { template: { kind: 'text' } })
  if (words.length !== 1 || words[0] === '') throw usageError('create takes one name.', 'sluice create clicks')
  const folder = words[0]
  const name = basename(resolve(folder))
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw usageError(
      `${JSON.stringify(name)} cannot name a project: lower-case letters, digits and dashes, starting with a letter.`,
      'sluice create clicks',
    )
  const template = templateNamed(values.template ?? 'clicks', folder)
  if (existsSync(folder)) {
    throw new SluiceError('E_EXISTS', `${folder} is already there.`, {
      did: 'nothing was written',
      next: ['choose another name', `move ${folder} away`],
    })
  }
  const origin = originOf(fileURLToPath(packageRoot()))
  const files = projectFiles(name, template, dependencyOn(origin, resolve(folder)))
  for (const { path, text } of files) {
    write(join(folder, path), text, folder)
  }
  const rest = files.filter(({ about }) => !about).map(({ path }) => path)
  const told = files.filter(({ about }) => about).map(({ path, about }) => `    ${path.padEnd(19)}${about}`)
  process.stdout.write(
    [
      `  ${folder}/  created: ${templates[template].about}`,
      ...told,
      `    ${rest.join('  ')}`,
      '',
      ...nextLines(folder, origin),
      '',
    ].join('\n'),
  )
  return 0
}

function write(path: string, text: string, folder: string): void {
  try {
    makeFolders(dirname(path))
    writeFileSync(path, text, { flag: 'wx' })
  } catch (error) {
    throw asDirectoryError(folder, error, 'path')
  }
}

const isTemplate = (word: string): word is TemplateName => Object.hasOwn(templates, word)

function templateNamed(word: string, folder: string): TemplateName {
  if (isTemplate(word)) return word
  const near = closest(word, Object.keys(templates)) ?? 'clicks'
  throw usageError(
    `There is no template ${JSON.stringify(word)}; there are ${Object.keys(templates).join(', ')}.`,
    `sluice create ${folder} --template ${near}`,
  )
}

/** Where this package came from decides how a new project gets it: no registry is asked for what is here already. */
type Origin =
  | { readonly kind: 'registry'; readonly version: string }
  /** Installed from an archive or a folder; it is there, built. */
  | { readonly kind: 'local'; readonly path: string }
  /** A clone; `built`: whether its commands have been made. */
  | { readonly kind: 'clone'; readonly path: string; readonly built: boolean }

function originOf(root: string): Origin {
  const modules = dirname(root)
  if (basename(modules) !== 'node_modules')
    return { kind: 'clone', path: root, built: existsSync(join(root, 'dist/lib/cli/bin.js')) }
  const from = installedFrom(modules)
  if (from?.startsWith('http')) return { kind: 'registry', version: packageVersion() }
  // A folder is linked to, and what is linked does not see the packages of those who use it.
  const archive = from?.startsWith('file:') && from.endsWith('.tgz') ? resolve(dirname(modules), from.slice(5)) : null
  return { kind: 'local', path: archive !== null && existsSync(archive) ? archive : root }
}

/** npm writes down where it got what it installed. */
function installedFrom(modules: string): string | null {
  const lock = join(modules, '.package-lock.json')
  if (!existsSync(lock)) return null
  const { packages } = JSON.parse(readFileSync(lock, 'utf8')) as {
    readonly packages?: { readonly [path: string]: { readonly resolved?: string } }
  }
  return packages?.['node_modules/sluice']?.resolved ?? null
}

/** What npm reads in `package.json`. */
const dependencyOn = (origin: Origin, project: string): string =>
  origin.kind === 'registry' ? `^${origin.version}` : `file:${relative(project, origin.path)}`

function nextLines(folder: string, origin: Origin): string[] {
  const build =
    origin.kind === 'clone' && !origin.built ? [`npm --prefix ${relative('', origin.path) || '.'} run build`] : []
  return [
    `  next   ${[...build, `cd ${folder}`, 'npm install', 'npm start'].join(' && ')}`,
    '         npm test     runs src/app.test.ts',
  ]
}
