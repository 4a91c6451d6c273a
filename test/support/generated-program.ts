import { type Build, runBatches } from './run.ts'

/** Chains of steps, reductions with a beginning of their own, and fields of JSON: what code is generated for. */
const build: Build = (input) => {
  const words = input()
    .filter((line: string) => line !== '')
    .flatMap((line: string) => line.split(' '))
    .map((word: string) => [word, 1] as [string, number])
  return {
    pairs: words.mapValues((one: number) => one + 1).filter(([word]: [string, number]) => word !== 'b'),
    sums: words.reduceByKey((a: number, b: number) => a + b, 2),
    lists: words.combineByKey(
      (one: number) => [one],
      (all: number[], one: number) => [...all, one],
      (a: number[], b: number[]) => [...a, ...b],
      2,
    ),
    totals: words.updateStateByKey<number>((ones, total) => ones.length + (total ?? 0)),
    fields: input()
      .map((line: string) => JSON.stringify({ line, n: line.length, isWord: line === 'a', none: null, list: [line] }))
      .fields('line', 'n', 'isWord', 'none', 'list', 'missing'),
    some: input().mapPartitions(function* (lines: Iterable<string>) {
      for (const line of lines) if (line.length > 1) yield line.length
    }),
  }
}

const failing: Record<string, Build> = {
  pair: (input) => (input() as any).map(() => null).reduceByKey((a: number) => a),
  key: (input) =>
    input()
      .map(() => [undefined, 1] as [unknown, number])
      .reduceByKey((a) => a),
  promise: (input) => input().map(async (line: string) => line),
  thrown: (input) =>
    input().map((line: string) => {
      throw new TypeError(`no ${line}`)
    }),
}

/** What the program shows, and which errors others come to, with their places. */
export async function outcome(): Promise<string> {
  const { shown, errors } = await runBatches(build, [['a b', '', 'a'], ['b b c'], []])
  const codes: unknown[] = []
  for (const each of Object.values(failing)) {
    const run = await runBatches(each, [['a']])
    codes.push(run.errors.map(({ code, message, where }) => [code, message, where.operator, where.place]))
  }
  return JSON.stringify([shown, errors, codes])
}

if (import.meta.main) console.log(await outcome())
