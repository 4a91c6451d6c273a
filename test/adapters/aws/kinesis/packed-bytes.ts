import { createHash } from 'node:crypto'

/** Records as the Kinesis Producer Library packs them: partition key and data of each. */
export function packedBytes(records: readonly (readonly [string, string])[]): Buffer {
  const keys = [...new Set(records.map(([key]) => key))]
  const content = Buffer.concat([
    ...keys.map((key) => bytesField(1, Buffer.from(key))),
    ...records.map(([key, data]) =>
      bytesField(
        3,
        Buffer.concat([Buffer.from([1 << 3]), varint(keys.indexOf(key)), bytesField(3, Buffer.from(data))]),
      ),
    ),
  ])
  const digest = createHash('md5').update(content).digest()
  return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), content, digest])
}

const bytesField = (number: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes])

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; bytes.length === 0 || left > 0; left = Math.floor(left / 128))
    bytes.push((left % 128) | (left >= 128 ? 128 : 0))
  return Buffer.from(bytes)
}
