import { test } from 'node:test'
import { check } from '../../../support/run.ts'

test('count gives one number for each batch, also 0, however many partitions there are', () =>
  check((input) => ({ records: input().count(), groups: input().glom().count() }), {
    batches: [['a', 'b', 'c', 'd'], [], ['a']],
    splits: 5,
    expected: { records: [[4], [0], [1]], groups: [[5], [5], [5]] },
  }))
