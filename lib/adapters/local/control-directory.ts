import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlStore } from '../../host/control-store.ts'
import { openDirectoryHead, readDirectoryHead } from './head-directory.ts'

/**
 * The control record of the app in `dir`: a register of its own, in a folder beside the head's that is made by the
 * first who writes. Reading it leaves no trace.
 */
export const directoryControl = (dir: string, { sync }: { readonly sync: boolean }): ControlStore => {
  const folder = join(dir, 'control')
  return {
    // Nearly always nobody has written: that costs one look.
    read: async () => (existsSync(folder) ? readDirectoryHead(folder) : null),
    async cas(expected, value, cause) {
      const register = await openDirectoryHead(folder, { sync })
      try {
        return await register.cas(expected, value, cause)
      } finally {
        await register.close()
      }
    },
  }
}
