import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { type BundleName, startFile } from '../lib/hosts/serverless/start-file.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Functions as they are deployed, task and output with a program. */
export const functions = {
  coordinator: 'functions/coordinator.ts',
  task: 'functions/task.ts',
  output: 'functions/output.ts',
  gc: 'functions/gc.ts',
} as const

/** Their handlers without a program; the other two never have one. */
export const handlers = { ...functions, task: 'infra/handlers/task.ts', output: 'infra/handlers/output.ts' } as const

/**
 * A function as the plugin bundles it: a file to start with, and parts that are loaded when they are needed; written to
 * `folder`, if any.
 */
export async function bundled(name: BundleName, entry: string, folder: string | null = null): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: folder ?? 'out',
    bundle: true,
    splitting: true,
    write: folder !== null,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['sluice-source', 'sluice-function'],
    // The SDK and its parts.
    external: ['@aws-sdk/*', '@smithy/*'],
    plugins: [startFile(name)],
    logLevel: 'silent',
  })
  return metafile
}

interface OwnBytes {
  /** What is read at the start. */
  readonly atStart: number
  readonly filesAtStart: number
  readonly inAll: number
}

/** Minified bytes of the library, without the program and what it imports. */
export function ownBytes({ outputs }: Metafile, entry: string): OwnBytes {
  const found = new Set(Object.keys(outputs).filter((path) => outputs[path].entryPoint === entry))
  for (const path of found)
    for (const { path: next, kind } of outputs[path].imports)
      if (kind === 'import-statement' && next in outputs) found.add(next)
  return {
    atStart: sumOf([...found].map((path) => outputs[path])),
    filesAtStart: found.size,
    inAll: sumOf(Object.values(outputs)),
  }
}

const sumOf = (parts: readonly Metafile['outputs'][string][]): number =>
  parts
    .flatMap(({ inputs }) => Object.entries(inputs))
    .reduce((sum, [path, { bytesInOutput }]) => sum + (path.startsWith('lib/') ? bytesInOutput : 0), 0)
