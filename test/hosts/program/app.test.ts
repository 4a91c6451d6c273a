import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appFolder } from '../../../lib/hosts/program/app-folder.ts'
import { app, seconds, type Source, StreamingContext } from '../../../lib/index.ts'
import { isApp } from '../../../lib/hosts/program/app.ts'

const nothing: Source<string> = {
  name: 'Nothing',
  cut: async () => ({ position: 0, splits: [], records: 0 }),
  read: () => [],
}

test('an app is a value: building it twice gives two contexts with one graph, and starts neither', () => {
  const words = app('words', seconds(1), (ssc) =>
    ssc
      .source('lines', nothing)
      .map((line) => [line, 1])
      .reduceByKey((a, b) => a + b)
      .print(),
  )
  const [first, second] = [words.build(), words.build()]
  assert.ok(isApp(words) && !isApp({ name: 'words' }) && !isApp(null))
  assert.notEqual(first, second)
  assert.deepEqual(
    first.graph.nodes.map(({ uid }) => uid),
    second.graph.nodes.map(({ uid }) => uid),
  )
  assert.deepEqual(
    [first.getState(), first.hosted, first.batchDuration.milliseconds, first.sparkContext.appName],
    ['INITIALIZED', true, 1000, 'words'],
  )
  assert.equal(StreamingContext.getActive(), undefined)
})

test('a definition that starts its context, or comes back later, is refused with its place', () => {
  const starts = app('starts', seconds(1), (ssc) => {
    ssc.source('lines', nothing).print()
    ssc.start()
  })
  assert.throws(() => starts.build(), {
    code: 'E_CONTEXT_STATE',
    message: 'The definition of "starts" starts its own context.',
  })
  const later = app('later', seconds(1), () => Promise.resolve() as never)
  assert.throws(() => later.build(), { code: 'E_CONTEXT_STATE' })
})

test('two builds that differ are refused with the first operator that does', () => {
  let builds = 0
  const moody = app('moody', seconds(1), (ssc) => {
    const lines = ssc.source('lines', nothing)
    if (builds++ % 2 === 0) lines.map((line) => line).print()
    else lines.print()
  })
  assert.throws(
    () => moody.build(),
    (error: { code: string; message: string; where: { operator: string; place: string } }) => {
      assert.equal(error.code, 'E_NOT_DETERMINISTIC')
      assert.match(
        error.message,
        /differ at operator 2: the first has map \(.*app\.test\.ts:\d+:\d+\), the second print \(/,
      )
      assert.equal(error.where.operator, 'map')
      return true
    },
  )
})

test('B01, B04: a name without a letter and an interval that is no time are refused when the app is defined', () => {
  for (const name of ['…', '', ' ', 'two\nlines', null]) {
    assert.throws(() => app(name as string, seconds(1), () => {}), { code: 'E_NAME', message: /usable app name/ })
    if (typeof name === 'string') assert.throws(() => appFolder(name), { code: 'E_NAME' })
  }
  assert.throws(() => app('words', 0, () => {}), { code: 'E_INTERVAL' })
})

test('the name of an app may be of any script, and has a folder like any other', () => {
  for (const name of ['é', '注文', 'Zähler 2'])
    assert.match(appFolder(app(name, seconds(1), () => {}).name), /^[A-Za-z0-9-]+--[0-9a-f]{20}$/)
})
