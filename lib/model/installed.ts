import type { SluiceError } from './errors.ts'
import { systemCode } from './system-code.ts'

/** What `load` imports. Throws what `absent` makes of it where a package is not installed. */
export async function installed<M>(load: () => Promise<M>, absent: (cause: unknown) => SluiceError): Promise<M> {
  try {
    return await load()
  } catch (cause) {
    if (systemCode(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw absent(cause)
  }
}
