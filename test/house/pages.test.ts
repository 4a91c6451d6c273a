import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { filesAtTop, filesBelow, occurrences } from './source-files.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = [...filesAtTop(), ...filesBelow('docs')].filter(({ path }) => path.endsWith('.md'))
const textOf = new Map(pages.map(({ path, text }) => [path, text]))

test('every link between the pages leads to a file, and to a heading that it has', () => {
  const dead = pages.flatMap(({ path, text }) =>
    occurrences(withoutBlocks(text), /\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/).flatMap(({ line, match }) => {
      const target = match[1] === '' ? path : join(dirname(path), match[1])
      if (!existsSync(join(root, target))) return [`${path}:${line} ${match[0]}`]
      const page = textOf.get(target)
      return match[2] === undefined || page === undefined || anchorsOf(page).has(match[2])
        ? []
        : [`${path}:${line} ${match[0]}`]
    }),
  )
  assert.deepEqual(dead, [], 'correct the path, or the words behind #, which are those of a heading')
})

for (const [folder, index, headings] of [
  ['sources', 'docs/sources.md', ['Guarantee', 'Settings', 'What happens when', 'Limits']],
  ['sinks', 'docs/sinks.md', ['Settings', 'Limits']],
] as const) {
  test(`each page of docs/${folder} is in its index, and says what a page has to say`, () => {
    const below = pages.filter(({ path }) => path.startsWith(`docs/${folder}/`))
    assert.ok(below.length >= 8)
    // Two pages are about things that cannot fail.
    const whole = below.filter(({ path }) => !/\/(json-and-csv|rate-and-queue)\.md$/.test(path))
    const lacks = whole.flatMap(({ path, text }) =>
      headings.filter((heading) => !text.includes(`\n## ${heading}\n`)).map((heading) => `${path}: ${heading}`),
    )
    assert.deepEqual(lacks, [], 'write these headings of the second level, in these words')
    const listed = textOf.get(index)!
    assert.deepEqual(
      below.map(({ path }) => path.slice('docs/'.length)).filter((path) => !listed.includes(`](${path}`)),
      [],
      `give each a row in ${index}`,
    )
  })
}

const withoutBlocks = (text: string): string => text.replace(/^```[^]*?^```$/gm, (block) => block.replace(/[^\n]/g, ''))

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): Set<string> =>
  new Set(
    occurrences(withoutBlocks(text), /^#+ (.*)$/).map(({ match }) =>
      match[1]
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )

test('each decision has a number of its own, which its heading says', () => {
  const decisions = filesBelow('docs/decisions').toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const numbers = decisions.map((_, i) => i + 1)
  assert.deepEqual(
    decisions.map(({ path }) => Number(/\/(\d+)-[^/]*$/.exec(path)?.[1])),
    numbers,
    'names of files: take the next number',
  )
  assert.deepEqual(
    decisions.map(({ text }) => Number(/^# (\d+)\. /.exec(text)?.[1])),
    numbers,
    'headings: # 24. What was decided',
  )
})
