import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { project, sluice } from './cli.ts'

const operators = `
  const clicks = ssc.source('clicks', counter)
  const ones = clicks.map((n) => [n % 2, 1])
  ones.reduceByKeyAndWindow((a, b) => a + b, (a, b) => a - b, seconds(60), seconds(10)).print()
  ones.updateStateByKey((ns, sum) => ns.length + (sum ?? 0), { name: 'sums', version: 2, migrate: (old) => old })
    .saveAsTextFiles('out/sums')
  const said = ssc.socketTextStream('127.0.0.1', 9)
  said.window(seconds(30)).count().print()
  clicks.filter((n) => n > 1)
`
const program = `import { app, seconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('a<b', seconds(10), (ssc) => {${operators}})
`

/** What \`graph\` says of each operator, by its number. */
async function rowsOf(stdout: string): Promise<Map<number, string>> {
  const blocks = stdout.split(/^ +(?=\d+ {3})/m).slice(1)
  return new Map(blocks.map((block) => [parseInt(block, 10), block.replaceAll(/ +/g, ' ')]))
}

test('the graph of an app: what follows what, uids, partitions, what is kept, what outputs promise', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  const before = readdirSync(folder)
  const { code, stdout, stderr } = await sluice(t, folder, ['graph', 'app.ts'])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^a<b {2}every 10 s\n/)
  const rows = await rowsOf(stdout)
  assert.match(rows.get(1)!, /^1 counter app\.ts:4:\d+\n uid clicks\n reads Counter\n keeps its position\n/)
  assert.match(rows.get(2)!, /^2 map 1 app\.ts:5:\d+\n$/)
  const window = [...rows.values()].find((row) => row.includes('reduceByKeyAndWindow'))!
  assert.match(window, / uid clicks\/reduceByKey\/reduceByKeyAndWindow\n keys in \d+ partitions?\n/)
  assert.match(window, / keeps a window of 1 minute every 10 s, in panes of 10 s\n keeps a checkpoint every 10 s\n/)
  const sums = [...rows.values()].find((row) => row.includes('uid sums'))!
  assert.match(sums, /updateStateByKey 2 .*\n uid sums\n .*\n keeps a value per key, version 2\n/)
  assert.match(stdout, /uid +sums\/saveAsTextFiles\n +shows +exactly-once, out\/sums-<ms>\n/)
  assert.match(stdout, /uid +socket-text-stream\n +reads +.*\n +keeps +what it has received/)
  assert.match(stdout, /keeps +the records of past batches/)
  assert.match(stdout, /filter +1 +app\.ts.*\n +leads to no output: not computed\n$/)
  assert.deepEqual(readdirSync(folder), before, 'nothing ran')
})

test('the same as Mermaid, with what Mermaid would read as its own escaped, and as JSON', async (t) => {
  const named = `{ ...counter, name: 'a "b" <c> #1' })`
  const folder = await project(t, { 'app.ts': program.replace('counter)', named) })
  const { stdout } = await sluice(t, folder, ['graph', 'app.ts', '--mermaid'])
  const [head, first, ...rest] = stdout.trimEnd().split('\n')
  assert.equal(head, 'flowchart TD')
  assert.match(first, /^ {2}n1\(\["[^"]*reads a #quot;b#quot; #lt;c#gt; #35;1<br\/>keeps its position"\]\)$/)
  const shapes = rest.filter((line) => !line.includes('-->'))
  for (const line of shapes)
    assert.match(line, /^ {2}n\d+(\["[^"]*"\]|\(\["[^"]*"\]\)|\[\("[^"]*"\)\]|\[\/"[^"]*"\/\])$/)
  assert.ok(rest.includes('  n1 --> n2'))
  const json = (await sluice(t, folder, ['graph', 'app.ts', '--json'])).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.equal(json.length, shapes.length + 1)
  assert.deepEqual([json[1]['type'], json[1]['kind'], json[1]['of']], ['operator', 'map', [1]])
})

test('a program in the form of Spark is not started; one without a stream or an output is refused', async (t) => {
  const classic = `import { StreamingContext, seconds } from 'sluice'
import { counter } from './numbers.ts'
const ssc = new StreamingContext({ appName: 'classic', master: 'local[2]' }, seconds(1))
ssc.checkpoint('checkpoint')
{${operators}}
ssc.start()
await ssc.awaitTermination()
`
  const folder = await project(t, {
    'classic.ts': classic,
    'nothing.ts': 'console.error("ran")',
    'nowhere.ts': program.replaceAll(/\.(print|saveAsTextFiles)\([^)]*\)/g, ''),
  })
  const before = readdirSync(folder)
  const { code, stdout } = await sluice(t, folder, ['graph', 'classic.ts'])
  assert.deepEqual([code, readdirSync(folder)], [0, before])
  assert.match(stdout, /^classic {2}every 1 s\n/)
  const nothing = await sluice(t, folder, ['graph', 'nothing.ts'])
  assert.equal(nothing.code, 1)
  assert.match(nothing.stderr, /^ran\n✕ E_NOT_STARTED {2}/)
  const nowhere = await sluice(t, folder, ['graph', 'nowhere.ts'])
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.stderr, /^✕ E_NO_OUTPUT {2}/)
})
