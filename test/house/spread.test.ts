import assert from 'node:assert/strict'
import { stripTypeScriptTypes } from 'node:module'
import { test } from 'node:test'
import { filesBelow, withoutComments } from './source-files.ts'

// Arguments stand on the stack: a call that spreads an array throws a RangeError from some 125,000 elements on, and who
// wrote it never saw one so long. So no call spreads data. Those below spread what a program or the code itself lists.
const BOUNDED: Readonly<Record<string, string>> = {
  'lib/adapters/local/head-directory.ts: Math.max': 'the head logs, of which two are kept',
  'lib/adapters/kafka/cluster.ts: api.async': 'arguments of a call',
  'lib/adapters/kafka/cluster.ts: this.call': 'arguments of a call',
  'lib/adapters/kafka/plan-ranges.ts: Math.min': 'two limits',
  'lib/adapters/redis/redis.ts: client.callBuffer': 'the words of one call, which are limited',
  'lib/adapters/sql/sqlite.ts: statement.all': 'the parameters of a statement, which the database limits',
  'lib/adapters/sql/sqlite.ts: statement.run': 'the parameters of a statement, which the database limits',
  'lib/api/rdd/rdd.ts: this.#derived': 'arguments of a call',
  'lib/api/rdd/rdd.ts: this.#partitioner': 'arguments of a call',
  'lib/api/rdd/rdd.ts: this.cogroup': 'arguments of a call',
  'lib/api/rdd/spark-context.ts: head.union': 'arguments of a call',
  'lib/api/rdd/transformations/partitioning.ts: Math.max': 'the RDDs that are joined',
  'lib/api/rdd/transformations/zipped.ts: f': 'the RDDs that are zipped',
  'lib/cli/error-lines.ts: lines.push': 'the lines of a stack',
  'lib/cli/run-session.ts: write': 'arguments of a call',
  'lib/cli/simulate-reporter.ts: Math.max': 'the outputs of a program',
  'lib/cli/simulate-reporter.ts: lines.push': 'the outputs of a program',
  'lib/graph/graph.ts: copy.nodes.push': 'the operators of a program',
  'lib/adapters/aws/send/send-records.ts: !isCalled': 'names of errors of one service',
  'lib/adapters/aws/service-error.ts: isCalled': 'names of errors of services',
  'lib/hosts/embedded/local-sources.ts: here': 'arguments of a call',
  'lib/hosts/embedded/local-sources.ts: inS3': 'arguments of a call',
  'lib/hosts/embedded/embedded-engine.ts: Math.max': 'the streams of a program',
  'lib/runtime/serialised-error.ts: oneOf': 'the kinds of faults',
  'lib/lineage/narrow.ts: new Function': 'the operators of a chain',
  'lib/lineage/narrow.ts: new Function(…)': 'the operators of a chain',
}

interface SpreadCall {
  readonly line: number
  /** What is called. */
  readonly callee: string
}

/** Calls with a spread among their arguments. */
export function spreadCalls(text: string): SpreadCall[] {
  const code = stripTypeScriptTypes(withoutComments(text))
  const calls = new Map<number, SpreadCall>()
  for (const { index } of code.matchAll(/(?<=[(,]\s*)\.\.\.(?=[\w$([])/g)) {
    const open = openerOf(code, index)
    if (open < 0 || code[open] !== '(' || !/[\w$)\]]\s*$/.test(code.slice(0, open))) continue
    const close = closerOf(code, open)
    if (/^\s*(=>|\{)/.test(code.slice(close + 1))) continue // parameters
    const begin = begins(code, open)
    const line = code.slice(0, begin).split('\n').length
    calls.set(open, { line, callee: code.slice(begin, open).replace(/\(.*\)$/, '(…)') })
  }
  return [...calls.values()]
}

/** The bracket that `at` stands in. */
function openerOf(code: string, at: number): number {
  let depth = 0
  for (let i = at - 1; i >= 0; i--) {
    if (')]}'.includes(code[i])) depth++
    else if ('([{'.includes(code[i]) && depth-- === 0) return i
  }
  return -1
}

function closerOf(code: string, open: number): number {
  let depth = 0
  for (let i = open; i < code.length; i++) {
    if ('([{'.includes(code[i])) depth++
    else if (')]}'.includes(code[i]) && --depth === 0) return i
  }
  return code.length
}

/** Where the callee begins: names, dots, and what else is called on the way. */
function begins(code: string, open: number): number {
  let at = open
  while (at > 0) {
    const before = code[at - 1]
    if (/[\w$.#?!]/.test(before)) at--
    else if (before === ')' || before === ']') at = openerOf(code, at - 1)
    else break
  }
  return /\bnew $/.test(code.slice(0, at)) ? at - 4 : at
}

test('spread calls are told from parameters, arrays and objects', () => {
  const found = (text: string): string[] => spreadCalls(text).map(({ callee }) => callee)
  assert.deepEqual(found('a.push(...b)\nMath.max(1, ...c.map((x) => x[0]))\nnew F(...d)'), [
    'a.push',
    'Math.max',
    'new F',
  ])
  assert.deepEqual(found('f([...a, ...b], { ...c })\nconst g = (...d: number[]) => d\nfunction h(...e: any) {}'), [])
})

test('no call spreads data of unbounded length into its arguments', () => {
  const unused = new Set(Object.keys(BOUNDED))
  const found: string[] = []
  for (const { path, text } of filesBelow('lib', 'functions')) {
    if (!path.endsWith('.ts') || /^lib\/(simulator|testing)\//.test(path)) continue
    for (const { line, callee } of spreadCalls(text)) {
      if (!Object.hasOwn(BOUNDED, `${path}: ${callee}`)) found.push(`${path}:${line} ${callee}`)
      unused.delete(`${path}: ${callee}`)
    }
  }
  assert.deepEqual(
    { found, unused: [...unused] },
    { found: [], unused: [] },
    'found: use a loop, concat or reduce, or, where the list is short by itself, name the call in BOUNDED with the ' +
      'reason; unused: take it out of BOUNDED',
  )
})
