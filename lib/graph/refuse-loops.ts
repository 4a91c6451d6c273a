import { matchesGlob, resolve } from 'node:path'
import { SluiceError } from '../model/errors.ts'
import { outputLocation } from '../codec/location.ts'
import type { StreamGraph } from './graph.ts'
import { placeOf } from './refuse-shared-places.ts'
import type { OutputNode, StreamNode } from './stream-node.ts'

/**
 * Throws `E_LOOP` where an output puts files into a directory that a source of the same program looks into: each batch
 * would find what the one before has written, and grow for ever. A source looks directly into the directories that it
 * names, so an output above, below or beside them is no loop; and a filter says that the program knows which files it
 * wants.
 */
export function refuseLoops(graph: StreamGraph): void {
  for (const input of graph.inputs) {
    const { reads } = input.source
    if (!reads || reads.filtered) continue
    for (const output of graph.outputs) {
      const isLoop = output.output.folders?.some((each) => isRead(each, reads.directories))
      if (isLoop) throw loop(input, reads.directories, output)
    }
  }
}

function isRead(folder: string, directories: string): boolean {
  const [written, read] = [absolute(folder), absolute(directories)]
  return written === read || (/[*?[{]/.test(read) && matchesGlob(written, read))
}

/** An address in a store is compared as it stands. */
function absolute(place: string): string {
  const location = outputLocation(place)
  return location.kind === 'local' ? resolve(location.path) : location.url.replace(/\/+$/, '')
}

const loop = (input: StreamNode, directories: string, output: OutputNode): SluiceError =>
  new SluiceError(
    'E_LOOP',
    `The output "${output.uid}" writes files into ${placeOf(output)}, where the source "${input.uid}" looks for ` +
      'new ones.',
    {
      where: {
        operator: output.uid,
        place: output.place,
        detail: `the source is defined at ${input.place} with ${directories}`,
      },
      did: 'nothing was started',
      next: [
        'write to a directory that no source looks into',
        'or give the source a filter that leaves out what this output writes',
      ],
    },
  )
