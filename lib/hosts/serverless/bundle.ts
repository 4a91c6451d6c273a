import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type * as Esbuild from 'esbuild'
import { SluiceError } from '../../model/errors.ts'
import { systemCode } from '../../model/system-code.ts'
import { doors, ownModule } from '../../model/library.ts'
import { FUNCTION_NAMES } from './options.ts'
import { type BundleName, doorOf, hasProgram, startFile } from './start-file.ts'

/** Where the functions are made, below the folder of `serverless.yml`. */
export const BUILD_FOLDER = '.sluice/functions'

/** One file for each function, with the program and what it needs of this library, and source maps beside them. */
export async function bundle(serviceFolder: string, app: string, hasReceivers: boolean): Promise<void> {
  const folder = join(serviceFolder, BUILD_FOLDER)
  const program = relative(folder, join(serviceFolder, app)).split(sep).join('/')
  const { build } = await bundler()
  await Promise.all(bundleNames(hasReceivers).map((kind) => bundleOf(kind, { folder, program, serviceFolder, build })))
}

interface Bundling {
  readonly folder: string
  /** The module of the program, as a path from the folder. */
  readonly program: string
  readonly serviceFolder: string
  readonly build: typeof Esbuild.build
}

/** What is made. */
export const bundleNames = (hasReceivers: boolean): readonly BundleName[] =>
  hasReceivers ? [...FUNCTION_NAMES, 'receiver'] : FUNCTION_NAMES

/**
 * Where the parts are that a function loads when it needs them. Not by the function's name alone: the runtime takes
 * what is called as the handler, without an ending, for the handler.
 */
export const partsFolder = (kind: BundleName): string => `${kind}-parts`

/** A file that the function starts with, and beside it, in a folder, its parts. */
async function bundleOf(kind: BundleName, { folder, program, serviceFolder, build }: Bundling): Promise<void> {
  await rm(join(folder, partsFolder(kind)), { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const entry = join(folder, `${kind}.entry.ts`)
  await writeFile(entry, entryOf(kind, program))
  await build({
    entryPoints: [{ in: entry, out: kind }],
    outdir: folder,
    splitting: true,
    chunkNames: `${partsFolder(kind)}/[name]-[hash]`,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    conditions: ['sluice-function', 'module'],
    alias: ownPackage,
    plugins: [wasmInPlace, withoutMissingPeers(serviceFolder), startFile(kind)],
    logLevel: 'error',
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  })
}

function entryOf(name: BundleName, program: string): string {
  const handler = `import { ${name}Handler } from '${doorOf(name)}'\n`
  if (!hasProgram(name)) return `${handler}\nexport const handler = ${name}Handler()\n`
  return `import app from '${program}'\n${handler}\nexport const handler = ${name}Handler(app)\n`
}

/** This copy of the library, whichever copies the program has around it, and without an engine of its own. */
const ownPackage: Record<string, string> = Object.fromEntries(
  Object.entries({ ...doors, sluice: 'function' }).map(([door, module]) => [door, fileURLToPath(ownModule(module))]),
)

/** The Kafka client reads a file that lies beside it, which a bundle does not have: its other form holds the bytes. */
const wasmInPlace: Esbuild.Plugin = {
  name: 'wasm-in-place',
  setup(build) {
    build.onResolve({ filter: /^@platformatic\/wasm-utils$/ }, ({ path, resolveDir, kind }) =>
      build.resolve(`${path}/bundled`, { resolveDir, kind }),
    )
  },
}

/**
 * Clients of systems that the program does not use need not be installed: what cannot be found stays an import, which
 * only a program that does use it runs into, with a message that says what to install.
 */
const withoutMissingPeers = (serviceFolder: string): Esbuild.Plugin => {
  const fromHere = createRequire(import.meta.url)
  const fromProject = createRequire(join(serviceFolder, 'package.json'))
  return {
    name: 'without-missing-peers',
    setup(build) {
      build.onResolve({ filter: PEERS }, ({ path, kind }) => {
        if (kind !== 'dynamic-import' || [fromHere, fromProject].some((from) => isFound(from, path))) return null
        return { path, external: true }
      })
    },
  }
}

/** The optional peers of this library, which it loads when they are first used. */
const PEERS = /^(@aws-sdk\/|@smithy\/|@platformatic\/kafka|@redis\/client|pg$|mysql2|hyparquet-writer)/

function isFound(from: NodeJS.Require, path: string): boolean {
  try {
    from.resolve(path)
    return true
  } catch {
    return false
  }
}

async function bundler(): Promise<typeof Esbuild> {
  try {
    return await import('esbuild')
  } catch (cause) {
    if (systemCode(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new SluiceError('E_AWS_PACKAGE', 'Functions are bundled with esbuild, which is not installed.', {
      did: 'nothing was packaged',
      next: ['npm install --save-dev esbuild'],
      cause,
    })
  }
}
