import { lines, type Template } from './template.ts'

/** Errors per service in log files that appear in a directory. */
export const logAlerts: Template = {
  about: 'reads log files as they appear, and tells which service has many errors',
  hints: [
    'Three files are in `logs/`: the first batch reads them all.',
    '`cp data/later.log logs/` is one more. A file is read once, whenever it appears.',
  ],
  files: (name) => [
    { path: 'src/app.ts', text: program(name), about: 'the pipeline' },
    { path: 'src/app.test.ts', text: test, about: 'a test with a virtual clock' },
    { path: 'logs/10-00.log', text: log('10:00', 2), about: 'three log files to begin with' },
    { path: 'logs/10-01.log', text: log('10:01', 5) },
    { path: 'logs/10-02.log', text: log('10:02', 1) },
    { path: 'data/later.log', text: log('10:03', 7), about: 'one for later: cp data/later.log logs/' },
  ],
}

const program = (name: string): string => lines`
  import { app, seconds } from 'sluice'

  // Lines look like: 2026-11-28T10:00:07Z ERROR payments card refused
  const levelAndService = (line: string): [string, string] => {
    const [, level = '', service = ''] = line.split(' ')
    return [level, service]
  }

  export default app('${name}', seconds(2), (ssc) => {
    const errors = ssc
      .textFileStream('logs', { select: 'seen' })
      .map(levelAndService)
      .filter(([level]) => level === 'ERROR')
      .map(([, service]) => [service, 1])

    // An alert for every service with three errors or more within ten seconds.
    errors
      .reduceByKeyAndWindow((a, b) => a + b, seconds(10))
      .filter(([, count]) => count >= 3)
      .foreachRDD((rdd) => rdd.collect().forEach(([service, count]) => console.log('ALERT', service, count, 'errors')))

    // How many there were since the start.
    errors
      .updateStateByKey<number>((added: readonly number[], before = 0) => before + added.length)
      .print()
  })
`

const test = lines`
  import assert from 'node:assert/strict'
  import { test } from 'node:test'
  import { testApp } from 'sluice/testing'
  import alerts from './app.ts'

  test('only errors count, per service', async () => {
    await using t = await testApp(alerts)
    t.source().addAll(['10:00 ERROR payments refused', '10:01 INFO payments paid', '10:02 ERROR search slow'])
    await t.runBatch()
    const lines = t.printed.split('\\n').filter((line) => line.startsWith('('))
    assert.deepEqual(lines.sort(), ['(payments,1)', '(search,1)'])
  })
`

/** A minute of one log, with so many errors of payments. */
function log(minute: string, errors: number): string {
  const line = (second: number, words: string): string =>
    `2026-11-28T${minute}:${String(second).padStart(2, '0')}Z ${words}\n`
  const services = ['payments', 'search', 'login']
  const info = Array.from({ length: 12 }, (_, i) => line(i * 5, `INFO ${services[i % 3]} done in ${20 + i * 7} ms`))
  const bad = Array.from({ length: errors }, (_, i) => line(i * 6 + 3, 'ERROR payments card refused'))
  return [...info, ...bad, line(59, 'ERROR search timeout')].sort().join('')
}
