import { SluiceError } from '../../../model/errors.ts'
import { callerPlace } from '../../../model/place.ts'
import type { DStream } from '../dstream.ts'
import { needsStream } from './given-arguments.ts'

/** Streams that meet in one operator, of which there is one at least, share a context and a slide (parity A0.7). */
export function assertAlike(streams: readonly DStream<any>[]): void {
  for (const stream of streams) needsStream(stream)
  const [first, ...others] = streams
  if (!first) throw noStream()
  for (const other of others) {
    if (other.context !== first.context) throw unlike('Some of the DStreams have different contexts', first, other)
    if (other.node.slideMs !== first.node.slideMs) {
      throw unlike(
        `Some of the DStreams have different slide durations: ${first.node.slideMs} ms and ${other.node.slideMs} ms`,
        first,
        other,
      )
    }
  }
}

const noStream = (): SluiceError =>
  new SluiceError('E_GRAPH', 'Empty array of parents: there must be at least one stream.', {
    where: { place: callerPlace() },
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: ['pass the streams that meet'],
  })

const unlike = (message: string, first: DStream<any>, other: DStream<any>): SluiceError =>
  new SluiceError('E_GRAPH', `${message}.`, {
    where: { place: other.node.place, detail: `the first stream is from ${first.node.place}` },
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: ['window both streams to one slide before they meet'],
  })
