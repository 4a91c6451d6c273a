import type { OperatorUid } from '../model/ids.ts'
import { openBlock } from '../codec/block.ts'
import { ByteWriter } from '../codec/bytes.ts'
import { writeValue } from '../codec/value.ts'
import { SluiceError } from '../model/errors.ts'
import { hashKey } from '../keys/hash.ts'
import type { StateLimits } from './limits.ts'
import { isChange } from './sections.ts'

export interface LargeKey {
  readonly operator: OperatorUid
  /** In place of the key, which is data. */
  readonly keyHash: string
  readonly bytes: number
  readonly bytesMax: number
}

/**
 * A single key whose state keeps growing is nearly always a mistake in the program, and sooner or later more than a
 * task can hold. Looks at a block of state before it is stored: warns about keys above half the limit, and throws
 * `E_STATE_TOO_LARGE` for one above it. Keys are weighed one by one only where those of a whole key group together are
 * heavy enough, and blocks below half the limit are not looked at, so state of ordinary size costs nothing.
 */
export function checkKeySizes(
  bytes: Uint8Array,
  operator: OperatorUid,
  { bytesMax }: Pick<StateLimits, 'bytesMax'>,
  warn: (key: LargeKey) => void,
): void {
  const block = openBlock(bytes, operator)
  for (const { section, length } of block.entries) {
    if (!isChange(section) || length <= bytesMax / 2) continue
    const [keys, values] = block.read(section, 2)
    for (let i = 0; i < keys.length; i++) {
      const size = sizeOf(values[i])
      if (size <= bytesMax / 2) continue
      const key = { operator, keyHash: hashKey(keys[i]).toString(16).padStart(8, '0'), bytes: size, bytesMax }
      if (size > bytesMax) throw tooLarge(key)
      warn(key)
    }
  }
}

function sizeOf(value: unknown): number {
  const w = new ByteWriter()
  writeValue(w, value)
  return w.length
}

const tooLarge = ({ operator, keyHash, bytes, bytesMax }: LargeKey): SluiceError =>
  new SluiceError(
    'E_STATE_TOO_LARGE',
    `The state of one key of "${operator}" takes ${bytes} bytes; ${bytesMax} is the most. The hash of ` +
      `the key is ${keyHash}.`,
    {
      where: { operator, detail: `key hash ${keyHash}` },
      did: 'the batch was not committed; the state of the batch before is kept',
      next: [
        'keep less per key, for example only the newest values',
        'raise sluice.state.keyBytesMax if it is meant to be so large',
      ],
    },
  )
