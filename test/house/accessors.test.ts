import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesBelow, withoutComments } from './source-files.ts'

// An object literal with an accessor is given a hidden class of its own each time it is evaluated, and that class holds
// what the accessor closes over until the whole heap is collected. Made in every batch, it takes the batch's lineage
// along. A class has its accessors once; a literal has a function instead.
const EACH_BATCH = 'checkpoint codec keys lineage observe output plan runtime shuffle source state'.split(' ')

test('nothing that is made in each batch is an object literal with an accessor', () => {
  const found = filesBelow(...EACH_BATCH.map((room) => `lib/${room}`)).flatMap(({ path, text }) =>
    withoutComments(text)
      .split('\n')
      // Members of a class, and of what a module makes once, stand two columns in.
      .flatMap((line, i) => (/^ {3,}(get|set) \w+\(/.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])),
  )
  assert.deepEqual(found, [], 'write a method in place of get or set, or a class')
})
