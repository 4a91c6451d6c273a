import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

// Programs of these pages are files: a block whose first line is a comment with a name is that file.
const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = [
  'README.md',
  ...['from-zero', 'sinks', 'write-a-sink', 'write-a-source'].map((name) => `docs/${name}.md`),
  ...['docs/sources', 'docs/sinks'].flatMap((below) =>
    readdirSync(join(root, below)).map((name) => `${below}/${name}`),
  ),
]
let folder: string

interface Ended {
  readonly code: number
  readonly out: string
}

before(async () => {
  // Inside of the repository, where the package is found by its own name.
  folder = await mkdtemp(join(root, '.pages-'))
  for (const page of pages) {
    for (const { name, text } of await programsOf(page)) await writeFile(join(folder, name), text)
  }
  const options = { extends: '../tsconfig.json', include: ['*.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(options))
})

after(() => rm(folder, { recursive: true }))

test('every program of the pages compiles', async () => {
  const { code, out } = await ended([join(root, 'node_modules/typescript/bin/tsc'), '-p', folder])
  assert.equal(code, 0, out)
})

test('the source of the page passes the contract of sources', () => passes('appended-lines.test.ts', 17))

test('the sink of the page passes the contract of sinks', () => passes('json-folder.test.ts', 19))

test('the window of the page fires when the page says', () => passes('counts.test.ts', 1))

test('the receiver of the page stores what it receives', async () => {
  const { code, out } = await ended(['--conditions=sluice-source', 'heartbeats.ts'])
  assert.equal(code, 0, out)
  assert.match(out, /\nbeat \d+\n/)
})

async function passes(file: string, tests: number): Promise<void> {
  const { code, out } = await ended(['--conditions=sluice-source', '--test', '--test-reporter=tap', file])
  assert.equal(code, 0, out)
  assert.match(out, new RegExp(`^# pass ${tests}$`, 'm'))
}

async function programsOf(page: string): Promise<{ name: string; text: string }[]> {
  const blocks = (await readFile(join(root, page), 'utf8')).matchAll(/^```ts\n([\s\S]*?)^```$/gm)
  return Array.from(blocks, ([, text], i) => ({
    name:
      /^\/\/ ([\w.-]+\.ts)\n/.exec(text)?.[1] ??
      `${page.replace(/\.md$/, '').replaceAll('/', '-').toLowerCase()}-${i}.ts`,
    text,
  }))
}

const ended = (args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const environment = { ...process.env, NODE_TEST_CONTEXT: undefined }
    execFile(process.execPath, [...args], { cwd: folder, env: environment }, (error, out, errors) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out: out + errors }),
    )
  })
