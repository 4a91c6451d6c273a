import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')

test('every example in docs/sinks.md and docs/sources-kafka.md compiles as it stands', (t) => {
  const examples = ['sinks', 'sources-kafka'].flatMap((page) =>
    [...readFileSync(join(root, `docs/${page}.md`), 'utf8').matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code),
  )
  assert.ok(examples.length >= 6)
  const folder = join(root, '.cache', `docs-sinks-${process.pid}`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(folder, { recursive: true })
  const local = (code: string): string =>
    code
      .replaceAll("'sluice/sinks'", "'../../lib/adapters/index.ts'")
      .replaceAll("'sluice/kafka'", "'../../lib/api/kafka/index.ts'")
      .replaceAll("'sluice/aws'", "'../../lib/adapters/aws/index.ts'")
      .replaceAll("'sluice'", "'../../lib/index.ts'")
  for (const [i, code] of examples.entries()) writeFileSync(join(folder, `example-${i}.ts`), local(code))
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }),
  )
  try {
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '-p', folder], { encoding: 'utf8', stdio: 'pipe' })
  } catch (error) {
    assert.fail(String((error as { stdout?: unknown }).stdout))
  }
})
