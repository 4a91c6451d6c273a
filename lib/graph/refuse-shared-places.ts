import { canonical } from '../codec/location.ts'
import { SluiceError } from '../model/errors.ts'
import type { StreamGraph } from './graph.ts'
import type { OutputNode } from './stream-node.ts'

/**
 * Throws `E_SINK_TAKEN` where two outputs of a program put files into one directory, however it is written: each would
 * replace what the other has written for the same batch time.
 */
export function refuseSharedPlaces(graph: StreamGraph): void {
  const owners = new Map<string, OutputNode>()
  for (const output of graph.outputs) {
    for (const folder of output.output.folders ?? []) {
      const place = canonical(folder)
      const owner = owners.get(place)
      if (owner && owner !== output) throw taken(output, owner)
      owners.set(place, output)
    }
  }
}

const taken = (output: OutputNode, owner: OutputNode): SluiceError =>
  new SluiceError(
    'E_SINK_TAKEN',
    `The outputs "${owner.uid}" and "${output.uid}" both write into ${placeOf(output)}.`,
    {
      where: { operator: output.uid, place: output.place, detail: `the other is at ${owner.place}` },
      did: 'nothing was started',
      next: ['give every output a prefix or a folder of its own', 'or union the streams, and write them once'],
    },
  )

/** For people: a folder of each batch has a time in its name that nobody wrote. */
export const placeOf = ({ output: { address, folders = [] } }: OutputNode): string => address ?? folders.join(', ')
