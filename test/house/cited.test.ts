import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesBelow, occurrences, type SourceFile } from './source-files.ts'

const docs = filesBelow('docs')
const page = (name: string): string => docs.find((file) => file.path === `docs/${name}.md`)!.text
const code = filesBelow('lib', 'functions', 'infra', 'test', 'examples', 'bench').filter((file) =>
  /\.(ts|mjs)$/.test(file.path),
)
const self = 'test/house/cited.test.ts'

test('a rule of Spark that a comment cites stands in docs/spark-rules.md', () => {
  const rules = page('spark-rules')
  const known = new Set(occurrences(rules, /^\| ([AD][\d.]+) \|/).map(({ match }) => match[1]))
  assert.deepEqual(
    cited(/\bparity ([AD]\.?\d[\d.]*\d|[AD]\.?\d)((?:, [AD]\.?\d[\d.]*)*)/, (id) => known.has(id)),
    [],
    'cite a row of the page, or write one',
  )
})

test('a rule or invariant of the protocol that a comment cites stands in docs/protocol.md', () => {
  const protocol = page('protocol')
  const known = (id: string): boolean =>
    id.startsWith('R') ? protocol.includes(`**${id},`) : protocol.includes(`\n| ${id} |`)
  assert.deepEqual(
    cited(/\b(?:rule|invariants?) ([RI]\d+)((?:(?:,| and) [RI]\d+)*)/, known),
    [],
    'cite one of the page',
  )
})

test('a fault or bad input that a test or comment names stands in docs/reliability.md or docs/bad-input.md', () => {
  const known = new Set([...idsIn(page('reliability')), ...idsIn(page('bad-input'))])
  assert.deepEqual(
    cited(/(?:^\s*(?:test\(|promise\()?\s*['"`]|faults? )([FB]\d\d)((?:, [FB]\d\d)*)\b/, (id) => known.has(id)),
    [],
    'cite a row of these pages, or write one',
  )
})

/** The ids that files cite and `isKnown` does not know, each with its place. */
function cited(pattern: RegExp, isKnown: (id: string) => boolean): string[] {
  const unknown = (file: SourceFile): string[] =>
    occurrences(file.text, pattern).flatMap(({ line, match }) =>
      [match[1], ...(match[2] ?? '').split(/,| and/)]
        .map((id) => id.trim())
        .filter((id) => id !== '' && !isKnown(id))
        .map((id) => `${file.path}:${line} cites ${id}`),
    )
  return code.filter((file) => file.path !== self).flatMap(unknown)
}

/** Ids of a page, also those within a span: `F02–F05` is four of them. */
function idsIn(text: string): string[] {
  const single = occurrences(text, /\b[FB]\d\d\b/).map(({ match }) => match[0])
  const spans = occurrences(text, /\b([FB])(\d\d)–[FB](\d\d)\b/).flatMap(({ match: [, letter, from, to] }) =>
    Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => letter + String(Number(from) + i).padStart(2, '0')),
  )
  return [...single, ...spans]
}
