import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '../../lib/keys/hash.ts'
import { checkKeyGroups, groupsOfPartition, keyGroupOf, partitionOfGroup } from '../../lib/keys/key-group.ts'

test('the group of a key is the high bits of its hash, for any number of groups', () => {
  for (let bits = 0; bits <= 12; bits++) {
    assert.equal(keyGroupOf(0xffffffff, 2 ** bits), 2 ** bits - 1)
    assert.equal(keyGroupOf(0, 2 ** bits), 0)
    assert.equal(keyGroupOf(0x87654321, 2 ** bits), Math.floor(0x87654321 / 2 ** (32 - bits)))
  }
  assert.equal(keyGroupOf(0x87654321), 0x87)
})

test('each group has one partition, each partition at least one group, and sizes differ by one at most', () => {
  for (const groups of [1, 2, 16, 256, 4096]) {
    for (let partitions = 1; partitions <= Math.min(groups, 300); partitions++) {
      const sizes = Array.from({ length: partitions }, (_, partition) => {
        const { from, to } = groupsOfPartition(partition, partitions, groups)
        for (let group = from; group < to; group++) assert.equal(partitionOfGroup(group, partitions, groups), partition)
        return to - from
      })
      assert.equal(
        sizes.reduce((a, b) => a + b),
        groups,
      )
      assert.ok(Math.min(...sizes) >= 1 && Math.max(...sizes) - Math.min(...sizes) <= 1)
    }
  }
})

test('the null key goes to partition 0', () => {
  for (const partitions of [1, 2, 7, 256]) assert.equal(partitionOfGroup(keyGroupOf(hashKey(null)), partitions), 0)
})

test('B07: key groups that are no power of two, too many, or fewer than the partitions are E_KEYGROUPS', () => {
  for (const groups of [0, -1, 3, 100, 8192, 1.5, NaN])
    assert.throws(() => checkKeyGroups(groups, 1), { code: 'E_KEYGROUPS' })
  for (const partitions of [0, -1, 17, 1.5, NaN])
    assert.throws(() => checkKeyGroups(16, partitions), { code: 'E_KEYGROUPS' })
  for (const groups of [1, 256, 4096]) checkKeyGroups(groups, groups)
})
