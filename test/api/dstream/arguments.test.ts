import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, type DStream, seconds, type StreamingContext } from '../../../lib/index.ts'
import { hasCode } from '../../../lib/model/errors.ts'

type Build = (stream: any, ssc: any) => void

/** What programs of JavaScript give by mistake, and the types of TypeScript refuse. */
const mistakes: readonly [what: string, build: Build, message: RegExp][] = [
  ['map of nothing', (s) => s.map(), /^map was given undefined, and needs a function/],
  ['filter by a text', (s) => s.filter('x'), /^filter was given a string/],
  ['flatMap of a number', (s) => s.flatMap(5), /^flatMap was given a number/],
  ['mapValues of nothing', (s) => s.mapValues(), /^mapValues was given undefined/],
  ['mapPartitions of nothing', (s) => s.mapPartitions(), /^mapPartitions was given undefined/],
  ['mapAsync of nothing', (s) => s.mapAsync(), /^mapAsync was given undefined/],
  ['reduceByKey of nothing', (s) => s.reduceByKey(), /^reduceByKey was given undefined/],
  ['combineByKey of one function', (s) => s.combineByKey((n: number) => n), /^combineByKey was given undefined/],
  ['transform of nothing', (s) => s.transform(), /^transform was given undefined/],
  ['foreachRDD of nothing', (s) => s.foreachRDD(), /^foreachRDD was given undefined/],
  ['union with an array', (s) => s.union([1]), /^A stream meets an array of 1, and can only meet another stream/],
  ['union with an RDD', (s, ssc) => s.union(ssc.sparkContext.parallelize([1])), /^A stream meets an RDD/],
  ['join with nothing', (s) => s.join(null), /^A stream meets null/],
  ['transformWith a number', (s) => s.transformWith(1, (a: unknown) => a), /^A stream meets a number/],
  ['mapWithState of a function', (s) => s.mapWithState(() => 1), /^mapWithState was given a function, and needs/],
  ['print of a text', (s) => s.print('ten'), /^print was given ten, and needs a number/],
  ['an output without a sink', (s) => s.output('out'), /^A sink is undefined without a name, a guarantee or write/],
  ['a sink without a guarantee', (s) => s.output({ name: 'x', write() {} }), /^A sink is an object without/],
  ['a sink of another guarantee', (s) => s.output({ name: 'x', guarantee: 'maybe', write() {} }), /^A sink is/],
  ['a source without cut', (_s, ssc) => ssc.source('x', { name: 'X', read() {} }), /^A source is an object without/],
  ['a source without a name', (_s, ssc) => ssc.source('x', { cut() {}, read() {} }), /^A source is an object/],
]

for (const [what, build, message] of mistakes)
  test(`${what} is refused where it is written, before anything runs`, () => {
    const define = (ssc: StreamingContext): void => {
      const stream: DStream<any> = ssc.socketTextStream('localhost', 1)
      stream.print()
      build(stream, ssc)
    }
    assert.throws(
      () => app('arguments', seconds(1), define).build(),
      (error) => {
        assert.ok(hasCode(error, 'E_ARGUMENT'), String(error))
        assert.match(error.message, message)
        assert.match(String(error.where.place), /arguments\.test\.ts:\d+/)
        return true
      },
    )
  })
