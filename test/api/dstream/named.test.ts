import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, type DStream, Receiver, seconds, type StreamingContext } from '../../../lib/index.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import { project, sluice } from '../../cli/cli.ts'

class Silent extends Receiver<string> {
  onStart(): void {}
  onStop(): void {}
}

const sources: readonly [kind: string, make: (ssc: StreamingContext, name: string) => DStream<unknown>][] = [
  ['textFileStream', (ssc, name) => ssc.textFileStream('in', { name })],
  ['fileStream', (ssc, name) => ssc.fileStream('in', { name })],
  ['fileStream with a reader', (ssc, name) => ssc.fileStream('in', { name, read: () => [] })],
  ['binaryRecordsStream', (ssc, name) => ssc.binaryRecordsStream('in', 4, { name })],
  ['socketTextStream', (ssc, name) => ssc.socketTextStream('localhost', 1, { name, encoding: 'utf8' })],
  ['socketStream', (ssc, name) => ssc.socketStream('localhost', 1, async function* () {}, { name })],
  ['rawSocketStream', (ssc, name) => ssc.rawSocketStream('localhost', 1, { name })],
  ['stdinStream', (ssc, name) => ssc.stdinStream({ name })],
  ['httpStream', (ssc, name) => ssc.httpStream(8080, { name })],
  ['followStream', (ssc, name) => ssc.followStream('log', { name })],
  ['rateStream', (ssc, name) => ssc.rateStream(1, { name })],
  ['queueStream', (ssc, name) => ssc.queueStream([['a']], true, null, { name })],
  ['receiverStream', (ssc, name) => ssc.receiverStream(new Silent(), { name })],
]

const outputs: readonly [kind: string, make: (stream: DStream<unknown>, name: string) => void][] = [
  ['print', (stream, name) => stream.print(10, { name })],
  ['pprint', (stream, name) => stream.pprint(10, { name })],
  ['foreachRDD', (stream, name) => stream.foreachRDD(() => {}, { name })],
  ['foreachPartition', (stream, name) => stream.foreachPartition(() => {}, { name })],
  ['saveAsTextFiles', (stream, name) => stream.saveAsTextFiles('out', 'txt', { name })],
  ['saveAsObjectFiles', (stream, name) => stream.saveAsObjectFiles('out', 'obj', { name })],
]

const uidsOf = (define: (ssc: StreamingContext) => void): string[] =>
  app('it', seconds(1), define)
    .build()
    .graph.nodes.map(({ uid }) => uid)

for (const [kind, make] of sources)
  test(`${kind} has the uid that its name says, whatever stands before it`, () => {
    const uids = uidsOf((ssc) => {
      ssc.rateStream(1).print()
      make(ssc, 'mine').print()
    })
    assert.ok(uids.includes('mine') && uids.includes('mine/print'), uids.join())
  })

for (const [kind, make] of outputs)
  test(`${kind} has the uid that its name says, whatever stands before it`, () => {
    const uids = uidsOf((ssc) => {
      const stream = ssc.rateStream(1)
      stream.print()
      make(stream, 'mine')
    })
    assert.ok(uids.includes('mine'), uids.join())
  })

test('what is no name is refused with the place of the output', () => {
  assert.throws(
    () => uidsOf((ssc) => ssc.rateStream(1).print(10, { name: 'Top Ten' })),
    (error) => hasCode(error, 'E_NAME') && /named\.test\.ts:\d+/.test(error.where.place!),
  )
})

test('names stand in the graph, in batch lines, in errors and in dead letters', async (t) => {
  const folder = await project(t, {
    'app.ts': `import { app, milliseconds } from 'sluice'
export default app('it', milliseconds(50), (ssc) => {
  ssc.rateStream(1000, { name: 'ticks' })
    .map(({ value }) => { if (value === 0) throw new Error('none'); return value })
    .print(1, { name: 'top' })
}, { onError: 'dead-letter' })
`,
  })
  const graph = await sluice(t, folder, ['graph', 'app.ts'])
  assert.match(graph.stdout, /uid {4}ticks\n[^]*uid {4}top\n/)
  const run = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '2'])
  assert.match(run.stderr, /Source {5}ticks [^]*Outputs {4}top [^]* of ticks[^]*#\d .* top \d+/)
  assert.match((await sluice(t, folder, ['dead', 'list', 'state'])).stdout, / {2}1-1 +ticks /)
})
