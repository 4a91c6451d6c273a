import { crc32 } from 'node:zlib'
import type { Manifest } from '../../lib/model/manifest.ts'
import type { BlobRef } from '../../lib/model/refs.ts'

/** Everything below which the objects of the app `test` lie. */
const ROOT = 'test/i1/'

export const ref = (name: string): BlobRef => ({ key: `${ROOT}${name}`, len: 8, crc: 1 })

/** A manifest with something in each of its fields. */
export const fullManifest = (changes: Partial<Manifest> = {}): Manifest => ({
  format: 1,
  batch: 2,
  tick: 2,
  time: 2000,
  nonce: 'n2',
  base: 'n1',
  graph: 'g',
  facts: ref('graph/9e/1/g.json'),
  change: { moved: { totals: 'sums' }, dropped: ['old'] },
  cuts: { lines: { position: { taken: 4 }, splits: [{ from: 2, to: 4 }], records: 2, description: 'two' }, idle: null },
  positions: { lines: { taken: 4 }, idle: null },
  actions: { transform: ['AAAA'] },
  skip: { lines: { '{"from":2,"to":4}': [0, 1] } },
  deadLetters: [{ batch: 1, open: { lines: ['1-1'] }, ref: ref('dlq/9e/1/d') }],
  state: {
    sums: {
      chains: [
        {
          from: 0,
          to: 256,
          keys: 3,
          blocks: [
            { kind: 'snapshot', batch: 1, ref: ref('st/s'), keys: 2 },
            { kind: 'delta', batch: 2, ref: ref('st/d'), keys: 1 },
          ],
        },
      ],
    },
    window: {
      chains: [{ from: 0, to: 256, keys: 0, blocks: [] }],
      panes: [{ from: 0, to: 256, panes: [{ time: 1000, ref: ref('st/p') }] }],
      slideTime: 1000,
      version: 2,
    },
  },
  packs: [{ operator: 'window', from: 0, to: 256, last: 500, ref: ref('st/pack') }],
  retained: { lines: [{ time: 1000, parts: [ref('st/r')] }] },
  outputs: {
    print: [
      { partition: 0, records: 2, ref: ref('out/0') },
      { partition: 1, records: 0, ref: null },
    ],
  },
  records: { lines: 2 },
  ...changes,
})

/** The reference to a manifest with these bytes, and the bytes. */
export function stored(content: string): { readonly ref: BlobRef; readonly bytes: Uint8Array } {
  const bytes = Buffer.from(content)
  return {
    bytes,
    ref: { key: `${ROOT}man/00/2/n2.json`, len: bytes.length, crc: crc32(bytes), inline: bytes.toString('base64') },
  }
}
