import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { filesBelow, occurrences } from './source-files.ts'

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

/** Faults and bad inputs of sources and sinks: F44 to F63, and what records, objects and outputs may hold. */
const ofSourcesAndSinks = [
  ...Array.from({ length: 20 }, (_, i) => `F${44 + i}`),
  'B22',
  'B30',
  'B31',
  'B34',
  'B50',
  'B51',
  'B52',
  'B53',
]

test('every fault of sources and sinks has a row, and a test whose sentence begins with it', () => {
  const table = page.slice(page.indexOf('\n## Fault by fault'), page.indexOf('\n## Kinds of faults'))
  const rowed = new Set(
    occurrences(table, /^\| ([^|]*) \|.*\| (?!\s*\|)[^|]+ \|$/).flatMap(({ match }) => idsIn(match[1])),
  )
  const tested = new Set(
    filesBelow('test', 'lib/testing/contracts').flatMap(({ text }) =>
      occurrences(text, /['"`]((?:[FB]\d\d(?:, )?)+): /).flatMap(({ match }) => idsIn(match[1])),
    ),
  )
  assert.deepEqual(
    ofSourcesAndSinks.filter((id) => !rowed.has(id)),
    [],
    'without a row',
  )
  assert.deepEqual(
    ofSourcesAndSinks.filter((id) => !tested.has(id)),
    [],
    'without a test',
  )
})

/** Ids in a text, those of spans as well: `F02–F05`. */
function idsIn(text: string): string[] {
  return occurrences(text, /([FB])(\d\d)(?:–[FB](\d\d))?/).flatMap(({ match: [, letter, from, to = from] }) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => letter + String(Number(from) + i).padStart(2, '0')),
  )
}
