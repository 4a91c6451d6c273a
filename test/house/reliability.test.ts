import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/reliability.md', root), 'utf8')
const table = page.slice(page.indexOf('\n## Kinds of faults'), page.indexOf('\n## What this does not show'))
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| kind'))
  .map((line) => line.slice(2, -2).split(' | '))

/** The tests of a row, each with the beginning of a sentence in it where the row has one. */
const testsOf = (cell: string): { readonly file: string; readonly sentence: string }[] =>
  cell.split(/, (?=`)/).map((part) => {
    const [, file, sentence = ''] = /^`([^`]+)`(?:: (.*))?$/.exec(part) ?? ['', part]
    return { file, sentence }
  })

test('every kind of fault has a row with a promise and a test, and each test is there', () => {
  assert.ok(rows.length >= 40)
  assert.deepEqual(
    rows.filter((row) => row.length !== 3 || row.some((cell) => cell.trim() === '')),
    [],
  )
  const missing = rows.flatMap(([kind, , cell]) =>
    testsOf(cell)
      .filter(({ file, sentence }) => {
        const path = new URL(file, root)
        return !existsSync(path) || !readFileSync(path, 'utf8').includes(sentence)
      })
      .map(({ file, sentence }) => `${kind}: ${file} ${sentence}`),
  )
  assert.deepEqual(missing, [])
})
