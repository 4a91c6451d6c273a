import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runNode } from './running-example.ts'

test('the skeleton makes a context and ends', async (t) => {
  const program = runNode(t, 'examples/test-dstream.ts')
  assert.equal(await program.ended(), 0)
  assert.equal(program.stdout, 'TestDStream: INITIALIZED, batches of 1000 ms\n')
})

test('in a shell, a streaming context is made from the `sc` that is there', async (t) => {
  const shell = runNode(t, '--interactive')
  const type = async (line: string) => {
    await shell.until('a prompt', () => shell.stdout.endsWith('> '))
    shell.stdout = ''
    shell.stdin.write(`${line}\n`)
  }
  await type("const { seconds, SparkContext, StreamingContext } = await import('./lib/index.ts')")
  await type("const sc = new SparkContext('local[2]', 'shell')")
  await type('const ssc = new StreamingContext(sc, seconds(1))')
  await type("ssc.queueStream([sc.parallelize(['from the shell'])]).print()")
  await type('ssc.start()')
  await shell.untilSaid(' ms\n-------------------------------------------\nfrom the shell\n\n')
  shell.stdin.write('await ssc.stop()\n.exit\n')
  assert.equal(await shell.ended(), 0)
})
