import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LineServer, runExample, same, temporaryFolder } from './running-example.ts'

test('each batch has a directory with the state that it printed', async (t) => {
  const server = await LineServer.open(t)
  const folder = temporaryFolder()
  const program = runExample(
    t,
    'stateful-word-count-files',
    '127.0.0.1',
    server.port,
    join(folder, 'stateful', 'output'),
    temporaryFolder(),
    1,
  )
  await program.untilMore(1)
  await server.send('hello spark')
  await program.untilPrinted("('hello', 2)", "('world', 1)", "('spark', 1)")
  assert.equal(await program.stop(), 0)

  const directories = readdirSync(join(folder, 'stateful')).sort()
  const times = directories.map((name) => Number(/^output-(\d{13})$/.exec(name)?.[1]))
  assert.deepEqual(
    times.map((time) => time / 1000),
    program.printed.map((batch) => Date.parse(batch.time) / 1000),
  )
  for (const [i, name] of directories.entries())
    assert.ok(same(saved(join(folder, 'stateful', name)), program.printed[i].lines.map(scalaText)), name)
})

const saved = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.startsWith('part-'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n').slice(0, -1))

/** `('hello', 2)` as saved files show it. */
const scalaText = (line: string): string => line.replaceAll("'", '').replace(', ', ',')
