import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ErrorCode } from '../../../lib/model/error-codes.ts'
import { SluiceError } from '../../../lib/model/errors.ts'
import type { Source } from '../../../lib/source/source.ts'
import { type Run, runBatches } from '../../support/run.ts'

class NoBroker extends Error {}
class OwnSluiceError extends SluiceError {
  constructor() {
    super('E_BUS_UNREACHABLE' as ErrorCode, 'no broker answers')
  }
}

const foreign = Object.assign(new Error('no broker answers'), { code: 'E_BUS_UNREACHABLE' })

/** What sources throw, and in which words the user hears of it. */
const thrown: readonly [what: string, error: unknown, words: RegExp][] = [
  ['a class of its own', new NoBroker('no broker answers'), /no broker answers/],
  ['a code of its own', foreign, /\[E_BUS_UNREACHABLE\]: no broker answers/],
  ["the library's class with a code of its own", new OwnSluiceError(), /\[E_BUS_UNREACHABLE\]: no broker answers/],
  ["one of the library's codes", new SluiceError('E_KEY', 'no broker answers'), /no broker answers/],
  ["one of the library's final codes", new SluiceError('E_SINK_AHEAD', 'no broker answers'), /no broker answers/],
  ['a string', 'no broker answers', /no broker answers/],
  ['nothing at all', undefined, /undefined/],
]

const RECORDS = 40

/** Forty records, one batch; `trouble` is asked at each reading, with the number of the record that comes next. */
function numbers(trouble: (reading: number, record: number) => void, eager: boolean): Source<number> {
  let readings = 0
  function* read(reading: number): Iterable<readonly number[]> {
    for (let record = 0; record < RECORDS; record++) {
      if (!eager) trouble(reading, record)
      yield [record]
    }
  }
  return {
    name: 'Numbers',
    cut: async ({ position }) => ({ position: 1, splits: position === null ? [0] : [], records: RECORDS }),
    read: () => {
      const reading = readings++
      if (eager) trouble(reading, 0)
      return read(reading)
    },
  }
}

const summed = (source: Source<number>): Promise<Run> =>
  runBatches((_input, context) => context.source('numbers', source).reduce((a, b) => a + b), [[], [], [], []], {
    conf: { 'sluice.onError': 'dead-letter', 'spark.task.maxFailures': '1', 'sluice.source.attempts': '1' },
  })

const sumOf = ({ shown }: Run): number =>
  shown.out
    .flat()
    .map(Number)
    .reduce((a, b) => a + b, 0)

const ALL = (RECORDS * (RECORDS - 1)) / 2

for (const [what, error, words] of thrown)
  for (const [moment, eager, isTrouble] of [
    ['as soon as it is asked', true, (reading: number) => reading === 0 || reading === 3],
    ['in the middle of a split', false, (reading: number, record: number) => record === 16 && reading % 2 === 0],
    ['again and again for a while', false, (reading: number, record: number) => record === 4 && reading < 3],
  ] as const)
    test(`a source that throws ${what} ${moment} loses no healthy record`, async () => {
      const run = await summed(
        numbers((reading, record) => {
          // oxlint-disable-next-line typescript/only-throw-error -- sources are anyone's
          if (isTrouble(reading, record)) throw error
        }, eager),
      )
      assert.equal(sumOf(run), ALL)
      const [first, ...others] = run.errors as SluiceError[]
      assert.deepEqual(
        [first, ...others].map(({ fault }) => fault),
        run.errors.map(() => 'source'),
      )
      assert.match(first.message, words)
      assert.equal(first.where.operator, 'numbers')
    })

test('a source that cannot say what is new is heard of as a source, and asked again', async () => {
  let asked = 0
  const source: Source<number> = {
    ...numbers(() => {}, false),
    cut: async ({ position }) => {
      if (asked++ === 0) throw foreign
      return { position: 1, splits: position === null ? [0] : [], records: RECORDS }
    },
  }
  const run = await summed(source)
  assert.equal(sumOf(run), ALL)
  assert.deepEqual(
    (run.errors as SluiceError[]).map(({ code, fault }) => [code, fault]),
    [['E_SOURCE', 'source']],
  )
})
