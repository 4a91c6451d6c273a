import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { listedRows, shelfOf } from '../adapters/file-sink/read-files.ts'
import { runExample, temporaryFolder } from './running-example.ts'

test('dropped orders, lines of JSON, come out as Parquet, each once; what is no order is set aside', async (t) => {
  const [drop, lake] = [temporaryFolder(), join(temporaryFolder(), 'lake')]
  const put = (name: string, ...lines: readonly string[]): void => {
    writeFileSync(join(drop, `.${name}`), lines.map((line) => `${line}\n`).join(''))
    renameSync(join(drop, `.${name}`), join(drop, name))
  }
  const order = (id: string, cents: number): string => JSON.stringify({ id, cents, at: '2026-11-28T12:00:00Z' })
  const rows = async (): Promise<unknown[]> => (await listedRows(shelfOf(lake))).toSorted(byId)

  const program = runExample(t, 'file-drop', drop, lake, 500)
  await program.untilSaid('file-drop')
  put('1.ndjson', order('a', 100), 'no order')
  await program.untilSaid('dead letter')
  put('2.ndjson', order('b', 250), order('c', 3))
  for (let tries = 0; tries < 200 && (await rows()).length < 3; tries++) await new Promise((r) => setTimeout(r, 100))
  assert.equal(await program.stop(), 0)
  const at = new Date('2026-11-28T12:00:00Z')
  assert.deepEqual(await rows(), [
    { id: 'a', cents: 100n, at },
    { id: 'b', cents: 250n, at },
    { id: 'c', cents: 3n, at },
  ])
})

const byId = (a: Record<string, unknown>, b: Record<string, unknown>): number => (String(a.id) < String(b.id) ? -1 : 1)
