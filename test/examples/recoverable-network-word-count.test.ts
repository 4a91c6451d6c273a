import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LineServer, runExample, temporaryFolder } from './running-example.ts'

test('words of the blacklist are dropped and counted, also after the process was killed', async (t) => {
  const server = await LineServer.open(t)
  const folder = temporaryFolder()
  const output = join(folder, 'counts.txt')
  const args = ['127.0.0.1', server.port, join(folder, 'checkpoint'), output, 0.5] as const

  const killed = runExample(t, 'recoverable-network-word-count', ...args)
  await server.send('a spark b a')
  await killed.untilSaid('[(spark,1)]\nDropped 3 word(s) totally\n')
  // The last batch before a crash may be told twice: let it be an empty one.
  await killed.untilSaid('[]\nDropped 3 word(s) totally\n')
  await killed.kill()

  const program = runExample(t, 'recoverable-network-word-count', ...args)
  // Counters live as long as their process.
  await server.send('c flink')
  await program.untilSaid('[(flink,1)]\nDropped 1 word(s) totally\n')
  // The file is written after the console.
  await program.untilSaid('[]\nDropped 1 word(s) totally\n')
  assert.match(
    readFileSync(output, 'utf8'),
    /^Counts at time \d{13} ms \[\(spark,1\)\]\n(.*\n)*Counts at time \d{13} ms \[\(flink,1\)\]$/m,
  )
})

test('without its four arguments it says how it is used, and fails', async (t) => {
  const program = runExample(t, 'recoverable-network-word-count', 'localhost', 9999)
  assert.equal(await program.ended(), 1)
  assert.match(program.stderr, /^Usage: /)
})
