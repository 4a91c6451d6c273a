import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { own } from '../../model/given.ts'
import { doors, library, ownModule } from '../../model/library.ts'

/**
 * From now on `import … from 'sluice'` in this process means this copy of it, whichever copies the program has around
 * it: two copies would not know each other's contexts, and a program that was never installed anywhere runs as well.
 * `loaded` hears of every file of the program itself, before it runs.
 */
export function useOwnPackage(loaded: (url: string) => void = () => {}): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const door = own(doors, specifier)
      const ours = door === undefined ? null : ownModule(door)
      if (ours && existsSync(ours)) return { url: ours.href, shortCircuit: true }
      const found = nextResolve(specifier, context)
      if (found.url.startsWith('file:') && !found.url.includes('/node_modules/') && !found.url.startsWith(library))
        loaded(found.url)
      return found
    },
  })
}
