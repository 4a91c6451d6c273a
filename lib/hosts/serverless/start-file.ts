import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'
import { doors, library, ownModule } from '../../model/library.ts'
import type { FunctionName } from './options.ts'

/** What is bundled: a function, of receivers one for all. */
export type BundleName = FunctionName | 'receiver'

/** Coordinator and gc ask other functions what the program is. */
export const hasProgram = (name: BundleName): boolean => name !== 'coordinator' && name !== 'gc'

/** Where the handler of a function comes from. */
export function doorOf(name: BundleName): string {
  if (!hasProgram(name)) return 'sluice/lambda/coordinator'
  return name === 'receiver' ? 'sluice/lambda/receiver' : 'sluice/lambda'
}

/**
 * What of the library a function starts with, in one file.
 *
 * A bundler puts what two parts share into a file of its own, because one might be loaded without the other: with
 * twenty parts, a function started with twenty files, each of which costs more than what is in it. But no part is
 * loaded before the handler is. So each says that it needs the handler, and whatever the handler needs is then shared
 * by all of them, and lies in one file.
 *
 *     import('./part.ts')  loads      export * from './part.ts'
 *                                     export { taskHandler as $start } from 'sluice/lambda'
 */
export function startFile(name: BundleName): Plugin {
  const handler = fileURLToPath(ownModule(doors[doorOf(name)]!))
  const own = fileURLToPath(library)
  return {
    name: 'start-file',
    setup(build) {
      build.onResolve({ filter: /^\./ }, async ({ path, kind, resolveDir, importer }) => {
        if (kind !== 'dynamic-import') return null
        const found = await build.resolve(path, { kind: 'import-statement', resolveDir, importer })
        if (!found.path.startsWith(own)) return null
        // Where the library lies is no part of what is made.
        return { path: `./${relative(own, found.path).split(sep).join('/')}`, namespace: PART }
      })
      build.onLoad({ filter: /^/, namespace: PART }, ({ path }) => ({
        contents:
          `export * from ${JSON.stringify(path)}\n` +
          `export { ${name}Handler as $start } from ${JSON.stringify(handler)}\n`,
        resolveDir: own,
      }))
    },
  }
}

const PART = 'part'
