import { readFileSync } from 'node:fs'
import type { BuildOptions } from 'esbuild'

const { peerDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  peerDependencies: Record<string, string>
}

/** How code is published: in few files, because every file that a process opens costs start-up time. */
export const published = {
  bundle: true,
  splitting: true,
  chunkNames: 'shared/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // What the project of whoever uses this brings along; esbuild would find none of its own files.
  external: [...Object.keys(peerDependencies), 'esbuild', 'fauxqs', 'dynalite'],
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
} as const satisfies BuildOptions
