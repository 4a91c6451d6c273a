import { SluiceError } from '../model/errors.ts'
import { installed } from '../model/installed.ts'

/** Loads a driver when its sink is first used. Throws `E_SINK_PEER` when the package is not installed. */
export const loadPeer = <M>(name: string, load: () => Promise<M>): Promise<M> =>
  installed(
    load,
    (cause) =>
      new SluiceError('E_SINK_PEER', `This sink needs the package ${name}.`, {
        did: 'nothing was written',
        next: [`npm install ${name}`],
        cause,
      }),
  )
