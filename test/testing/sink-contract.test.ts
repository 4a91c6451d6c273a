import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'

const contracts = new URL('../../lib/testing/contracts/', import.meta.url).href

const suites = [
  ['sinkContract', 'sink.ts', 'exactly-once', '[...held.values()].flat()'],
  [
    'repeatingSinkContract',
    'repeating-sink.ts',
    'at-least-once',
    '[...held].flatMap(([key, rows]) => rows.map((row, i) => ({ id: `${key}/${i}`, row })))',
  ],
] as const

for (const [suite, file, guarantee, contents] of suites)
  test(`${suite}: a sink that fails without having died is said with what it fails with`, async (t) => {
    const program = join(await temporaryFolder(t), 'suite.ts')
    await writeFile(
      program,
      `import { ${suite} } from '${contracts}${file}'
      ${suite}('rows', async () => {
        const held = new Map<string, readonly any[]>()
        const sink = {
          name: 'rows',
          guarantee: '${guarantee}' as const,
          write: async (records: readonly any[], { key }: { key: string }) => void held.set(key, records),
        }
        const finish = () => Promise.reject(new TypeError('there is no finish'))
        const dying = () => ({ ...sink, finish })
        return { fenced: false, open: () => sink, dying, contents: async () => ${contents} }
      })`,
    )
    const { stdout } = spawnSync(process.execPath, ['--test-name-pattern=F57', program], {
      encoding: 'utf8',
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    })
    assert.match(stdout, /to end at call 200 fails, .*: it fails for another reason/)
    assert.match(stdout, /TypeError: there is no finish/)
  })
