import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { messageOf } from '../../lib/model/errors.ts'
import { bugs, type SeededBug } from '../simulator/seeded-bugs/bugs.ts'
import { partsOf, patched } from '../simulator/seeded-bugs/hunt.ts'

test('each bug that is put in on purpose still has its one place in the code', () => {
  assert.deepEqual(
    bugs
      .flatMap(partsOf)
      .map(lost)
      .filter((what) => what !== null),
    [],
    'the code has changed: write in test/simulator/seeded-bugs what stands there now, so that the bug is the same',
  )
})

function lost(bug: SeededBug): string | null {
  try {
    patched(readFileSync(new URL(`../../lib/${bug.file}`, import.meta.url), 'utf8'), bug)
    return null
  } catch (error) {
    return messageOf(error)
  }
}
