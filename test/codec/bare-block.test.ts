import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bareBlock, wholeBlock } from '../../lib/codec/bare-block.ts'
import { encodeBlock } from '../../lib/codec/block.ts'
import { damaged } from '../support/damage.ts'
import { type Dice, withSeeds } from '../support/dice.ts'

const blockOf = (dice: Dice): { readonly block: Uint8Array; readonly sections: number } => {
  const count = dice.below(20)
  const sections = Array.from({ length: dice.below(5) }, (_, i) => ({
    section: 100 * i,
    columns: [Array.from({ length: count }, () => dice.value())],
    count,
  }))
  return { block: encodeBlock(sections), sections: sections.length }
}

test('a block comes back from the bytes of its sections, with number, length and rows of each', (t) =>
  withSeeds(t, 50, (dice) => {
    const { block, sections } = blockOf(dice)
    const bare = bareBlock(block)!
    assert.deepEqual(wholeBlock(bare), Buffer.from(block))
    assert.deepEqual([bare.sections.length, bare.content.length], [sections, block.length - 28 - 20 * sections])
  }))

test('what is no block, or a damaged one, has no bare form', (t) =>
  withSeeds(t, 200, (dice) => {
    assert.equal(bareBlock(Buffer.from('SLCB and nothing more of a block')), null)
    const touched = damaged(dice, blockOf(dice).block, blockOf(dice).block)
    const bare = bareBlock(touched)
    if (bare !== null) assert.deepEqual(Buffer.from(wholeBlock(bare)), Buffer.from(touched))
  }))
