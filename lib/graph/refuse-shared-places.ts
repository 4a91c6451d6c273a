import { canonical } from '../codec/location.ts'
import { SluiceError } from '../model/errors.ts'
import type { StreamGraph } from './graph.ts'
import type { StreamNode } from './stream-node.ts'

/**
 * Throws `E_SINK_TAKEN` where two outputs of a program put files into one directory, however it is written: each would
 * replace what the other has written for the same batch time.
 */
export function refuseSharedPlaces(graph: StreamGraph): void {
  const owners = new Map<string, StreamNode>()
  for (const output of graph.outputs) {
    for (const folder of output.output.folders ?? []) {
      const place = canonical(folder)
      const owner = owners.get(place)
      if (owner && owner !== output) throw taken(output, owner, folder)
      owners.set(place, output)
    }
  }
}

const taken = (output: StreamNode, owner: StreamNode, folder: string): SluiceError =>
  new SluiceError('E_SINK_TAKEN', `The outputs "${owner.uid}" and "${output.uid}" both write into ${folder}.`, {
    where: { operator: output.uid, place: output.place, detail: `the other is at ${owner.place}` },
    did: 'nothing was started',
    next: ['give every output a prefix or a folder of its own', 'or union the streams, and write them once'],
  })
