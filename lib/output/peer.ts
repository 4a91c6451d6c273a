import { systemCode } from '../model/system-code.ts'
import { SluiceError } from '../model/errors.ts'

/** Loads a driver when its sink is first used. Throws `E_SINK_PEER` when the package is not installed. */
export async function loadPeer<M>(name: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load()
  } catch (cause) {
    if (systemCode(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new SluiceError('E_SINK_PEER', `This sink needs the package ${name}.`, {
      did: 'nothing was written',
      next: [`npm install ${name}`],
      cause,
    })
  }
}
