import { doesNotThrow } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { bugs } from '../simulator/seeded-bugs/bugs.ts'
import { patched } from '../simulator/seeded-bugs/hunt.ts'

test('each bug that is put in on purpose still has its one place in the code', () => {
  for (const bug of bugs) {
    const source = readFileSync(new URL(`../../lib/${bug.file}`, import.meta.url), 'utf8')
    doesNotThrow(() => patched(source, bug))
  }
})
