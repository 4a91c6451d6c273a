import type { OperatorUid } from '../model/ids.ts'
import { getBlob } from '../checkpoint/blobs.ts'
import { refsOf } from '../checkpoint/manifest.ts'
import type { BlobStore } from '../host/blob-store.ts'
import { type Block, openBlock } from '../codec/block.ts'
import { messageOf } from '../model/errors.ts'
import type { GraphFacts } from '../model/graph-facts.ts'
import type { Manifest, StateBlock, StateChain } from '../model/manifest.ts'
import { type BlobRef, nameOfRef } from '../model/refs.ts'
import { isOfItsGroup, isWithin } from '../state/sections.ts'

/** Reads what manifests name, each object once, and compares it with what they say about it. */
export class Contents {
  readonly #blobs: BlobStore
  readonly #read = new Set<string>()

  constructor(blobs: BlobStore) {
    this.#blobs = blobs
  }

  get objects(): number {
    return this.#read.size
  }

  /** What is wrong with the first object that is not as the manifest says, as a clause, or null. */
  async faultOf(manifest: Manifest): Promise<string | null> {
    try {
      for (const ref of refsOf(manifest)) if (!this.#read.has(nameOfRef(ref))) await this.#check(manifest, ref)
      return null
    } catch (error) {
      return error instanceof Fault
        ? error.message
        : `batch ${manifest.batch} needs an object that cannot be read: ${messageOf(error)}`
    }
  }

  async #check(manifest: Manifest, ref: BlobRef): Promise<void> {
    const bytes = await getBlob(this.#blobs, ref)
    this.#read.add(nameOfRef(ref))
    // The panes in a pack were read with the manifest.
    if (manifest.packs?.some((pack) => pack.ref.key === ref.key)) return
    if (manifest.facts?.key === ref.key) return checkFacts(bytes, ref)
    const block = openBlock(bytes, ref.key)
    for (const { section } of block.entries) block.read(section)
    checkCounts(manifest, ref, block)
  }
}

class Fault extends Error {}

function checkFacts(bytes: Uint8Array, { key }: BlobRef): void {
  const { operators } = JSON.parse(Buffer.from(bytes).toString()) as Partial<GraphFacts>
  if (!Array.isArray(operators)) throw new Fault(`${key} is not the description of a graph`)
}

function checkCounts({ batch, state, outputs, deadLetters = [] }: Manifest, checked: BlobRef, block: Block): void {
  const name = nameOfRef(checked)
  const isChecked = (ref: BlobRef | null): boolean => ref !== null && nameOfRef(ref) === name
  const rows = block.entries.reduce((sum, { count }) => sum + count, 0)
  for (const [output, parts] of Object.entries(outputs)) {
    const part = parts.find(({ ref }) => isChecked(ref))
    if (part && part.records !== rows)
      throw new Fault(
        `batch ${batch} counts ${part.records} records for partition ${part.partition} of output ` +
          `"${output}", which holds ${rows}`,
      )
  }
  const letters = deadLetters.find(({ ref }) => isChecked(ref))
  if (letters && Object.values(letters.open).flat().length > rows)
    throw new Fault(`batch ${letters.batch} left more dead letters open than the ${rows} it kept`)
  for (const [operator, { chains, panes }] of Object.entries(state)) {
    for (const chain of chains) {
      const stored = chain.blocks.find(({ ref }) => isChecked(ref))
      if (stored) checkState(operator, chain, stored, block, rows, panes !== undefined)
    }
  }
}

/** Keys lie in a block of the range that has their group, and where a section is of one group, in that of theirs. */
function checkState(
  operator: OperatorUid,
  { from, to }: StateChain,
  { keys, kind, ref }: StateBlock,
  block: Block,
  rows: number,
  isWindow: boolean,
): void {
  if (!isWithin(block, from, to) || !block.entries.every(({ section }) => isOfItsGroup(block, section)))
    throw new Fault(`state of ${operator}: ${ref.key} holds keys that are not of its key groups, ${from} to ${to - 1}`)
  // A key that was removed and came back in one batch stands in both parts of a delta, and the result of a window
  // leaves out what its filter does.
  const exact = kind === 'snapshot' && !isWindow
  if (exact ? rows !== keys : rows > keys)
    throw new Fault(`state of ${operator}: ${ref.key} holds ${rows} keys, the manifest says ${keys}`)
}
