import { SluiceError } from '../../model/errors.ts'
import { ConnectionReceiver } from './socket-receiver.ts'

const FRAME_BYTES_MAX = 256 * 2 ** 20

/**
 * Frames of a 4-byte big-endian length and that many bytes, each stored as the block it is (Spark:
 * `RawNetworkReceiver`).
 */
export class RawSocketReceiver<T> extends ConnectionReceiver<T> {
  protected async receive(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const frame of framesOf(bytes)) await this.storeBytes(frame)
  }
}

/**
 * A frame that the input ends within is dropped. Throws `E_RECORD_TOO_LARGE` before it makes room for a length that
 * cannot be. @testing Frames come in any pieces.
 */
export async function* framesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = []
  let held = 0
  let size: number | null = null
  const take = (count: number): Buffer => {
    const all =
      parts.length === 1 ? Buffer.from(parts[0]!.buffer, parts[0]!.byteOffset, held) : Buffer.concat(parts, held)
    held -= count
    parts = [all.subarray(count)]
    return all.subarray(0, count)
  }
  for await (const piece of pieces) {
    parts.push(piece)
    held += piece.length
    while (held >= (size ?? 4)) {
      if (size === null) size = checkedSize(take(4).readUInt32BE(0))
      else {
        yield take(size)
        size = null
      }
    }
  }
}

function checkedSize(size: number): number {
  if (size <= FRAME_BYTES_MAX) return size
  throw new SluiceError('E_RECORD_TOO_LARGE', `A frame claims ${size} bytes; ${FRAME_BYTES_MAX} is the most.`, {
    did: 'the connection was closed',
    next: ['check that the server sends a 4-byte big-endian length before each block', 'send smaller blocks'],
  })
}
