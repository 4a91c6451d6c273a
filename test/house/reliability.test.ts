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
    'a row has three cells: the kind, the promise, and the test',
  )
  const missing = rows.flatMap(([kind, , cell]) =>
    testsOf(cell)
      .filter(({ file, sentence }) => {
        const path = new URL(file, root)
        return !existsSync(path) || !readFileSync(path, 'utf8').includes(sentence)
      })
      .map(({ file, sentence }) => `${kind}: ${file} ${sentence}`),
  )
  assert.deepEqual(missing, [], 'name a file that is there, and a sentence in it word for word')
})

const numbered = (letter: string, n: number): string[] =>
  Array.from({ length: n }, (_, i) => letter + String(i + 1).padStart(2, '0'))

/** Of a sentence that says what it shows. */
const BEGINNING = /['"`]((?:[FB]\d\d(?:, )?)+)(?:: |')/

/** Said to be absent: a history beside the manifests, event time, a dashboard. */
const absent = ['F20', 'B32', 'B55']

test('every fault and every bad input has a row, and a test whose sentence begins with it', () => {
  const faults = page.slice(page.indexOf('\n## Fault by fault'), page.indexOf('\n## Kinds of faults'))
  const inputs = readFileSync(new URL('docs/bad-input.md', root), 'utf8')
  const rowed = new Set([
    ...occurrences(faults, /^\| ([^|]*) \|.*\| (?!\s*\|)[^|]+ \|$/).flatMap(({ match }) => idsIn(match[1])),
    ...occurrences(inputs, /^\| .*\|$/).flatMap(({ match }) => idsIn(match[0])),
  ])
  const tested = new Set(
    filesBelow('test', 'lib/testing/contracts').flatMap(({ text }) =>
      occurrences(text, BEGINNING).flatMap(({ match }) => idsIn(match[1])),
    ),
  )
  const all = [...numbered('F', 70), ...numbered('B', 57)].filter((id) => !absent.includes(id))
  assert.deepEqual(
    all.filter((id) => !rowed.has(id)),
    [],
    'without a row',
  )
  assert.deepEqual(
    all.filter((id) => !tested.has(id)),
    [],
    'without a test',
  )
  for (const id of absent) assert.ok(page.includes(`(${id})`), `nothing says why there is no ${id}`)
})

test('each row of the faults names tests that are there, and one of them begins with the id', () => {
  const faults = page.slice(page.indexOf('\n## Fault by fault'), page.indexOf('\n## Kinds of faults'))
  const files = filesBelow('test', 'lib/testing/contracts')
  const wrong = occurrences(faults, /^\| ([FB]\d[^|]*) \|.*\| ([^|]+) \|$/).flatMap(({ match: [, ids, cell] }) => {
    const named = occurrences(cell, /`([^`]+)`/).map(({ match: [, name] }) => ({
      name,
      found: files.filter(({ path }) => path.startsWith(name) || path.endsWith(`/${name}.ts`) || isTest(path, name)),
    }))
    const missing = named.filter(({ found }) => found.length === 0).map(({ name }) => `${ids}: no ${name}`)
    const texts = named.flatMap(({ found }) => found.map(({ text }) => text)).join('\n')
    const begun = new Set(occurrences(texts, BEGINNING).flatMap(({ match: [, all] }) => idsIn(all)))
    return [
      ...missing,
      ...idsIn(ids)
        .filter((id) => !begun.has(id))
        .map((id) => `${id}: not in ${cell}`),
    ]
  })
  assert.deepEqual(wrong, [], 'name the tests in the last cell, and begin the sentence of one with the id: F12: …')
})

/** By the name of a file alone, with or without its ending. */
const isTest = (path: string, name: string): boolean =>
  [`/${name}`, `/${name}.test.ts`].some((end) => path.endsWith(end))

/** Ids in a text, those of spans as well: `F02–F05`. */
function idsIn(text: string): string[] {
  return occurrences(text, /([FB])(\d\d)(?:–[FB](\d\d))?/).flatMap(({ match: [, letter, from, to = from] }) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => letter + String(Number(from) + i).padStart(2, '0')),
  )
}
