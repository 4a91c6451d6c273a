import type { BuildOptions } from 'esbuild'

/** How code is published: in few files, because every file that a process opens costs start-up time. */
export const published = {
  bundle: true,
  splitting: true,
  chunkNames: 'shared/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  // The project of whoever uses this brings them along; inside of this they could not load modules of Node.
  packages: 'external',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
} as const satisfies BuildOptions
