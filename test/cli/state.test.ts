import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Cli, project, sluice } from './cli.ts'

const program = `import { app, milliseconds, minutes, StateSpec } from 'sluice'
import { batches } from './numbers.ts'
export default app('visits', milliseconds(50), (ssc) => {
  const pages = ssc.source('pages', batches(['/', '/', '/cart'], ['/'], ['/help']))
  const ones = pages.map((page) => [page, 1])
  const added = (ns, sum) => ns.reduce((a, b) => a + b, sum ?? 0)
  ones.updateStateByKey(added, { name: 'sums' }).print()
  const spec = StateSpec.function((_key, n, s) => { s.update({ last: n }) }).timeout(minutes(5))
  ones.mapWithState(spec).print()
  ones.reduceByKeyAndWindow((a, b) => a + b, milliseconds(100)).print()
  const sets = pages.map((page) => [{ page, at: new Date(0) }, new Set([page])])
  sets.updateStateByKey((s) => s[0], { name: 'odd' }).print()
})
`

async function stored(t: TestContext): Promise<string> {
  const folder = await project(t, { 'app.ts': program })
  const { code, stderr } = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '2'])
  assert.equal(code, 0, stderr)
  return folder
}

/** Names, sizes and times of all files. */
const picture = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(join(folder, name))
      return `${name} ${size} ${mtimeMs}`
    })

test('sizes, keys and one key of what a run has stored, without a trace', async (t) => {
  const folder = await stored(t)
  const before = picture(join(folder, 'state'))
  const say = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await sluice(t, folder, ['state', 'state', ...words])
    assert.deepEqual([code, stderr], [0, ''])
    return stdout
  }
  const sizes = await say()
  assert.match(sizes, /^visits {2}as of batch #2, \d\d:\d\d:\d\d\n {2}operator +what +keys +bytes +stored as\n/)
  assert.match(sizes, /\n {2}sums +updateStateByKey +2 +\d+ B +\d+ blocks?\n/)
  assert.match(sizes, /\n {2}pages\/mapWithState +mapWithState +2 +\d+ B +\d+ blocks?\n/)
  assert.match(
    sizes,
    /\n {2}pages\/reduceByKey\/reduceByKeyAndWindow +reduceByKeyAndWindow of 100 ms +2 +\d+ B +\d+ panes\n/,
  )
  assert.deepEqual((await say('sums')).split('\n').sort(), ['', '  /       3', '  /cart   1'])
  assert.equal(await say('sums', '/'), '  /   3\n')
  assert.match(await say('mapWithState', '/'), /^ {2}\/ {3}\{"last":1\} {3}updated \d\d:\d\d:\d\d\n$/)
  assert.match(await say('reduceByKeyAndWindow', '/'), /^ {2}\/ {3}\d\d:\d\d:\d\d 2, \d\d:\d\d:\d\d 1\n$/)
  assert.equal((await say('sums', '--limit', '1')).split('\n')[1], '  … 1 more key; --limit <n> shows more')
  assert.deepEqual(picture(join(folder, 'state')), before)
})

test('the same as JSON, one object per operator or key, also of keys and values that JSON does not know', async (t) => {
  const folder = await stored(t)
  const json = async (...words: string[]): Promise<any[]> =>
    (await sluice(t, folder, ['state', 'state', ...words, '--json'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  const [sums] = (await json()).filter(({ operator }) => operator === 'sums')
  assert.deepEqual(
    [sums.type, sums.app, sums.batch, sums.keys, sums.what],
    ['state', 'visits', 2, 2, 'updateStateByKey'],
  )
  assert.deepEqual(await json('sums', '"/cart"'), [{ type: 'entry', operator: 'sums', key: '/cart', value: 1 }])
  const key = { page: '/', at: '1970-01-01T00:00:00.000Z' }
  assert.deepEqual(await json('odd', JSON.stringify(key)), [{ type: 'entry', operator: 'odd', key, value: ['/'] }])
  const [window] = await json('reduceByKeyAndWindow', '/cart')
  assert.deepEqual(
    window.panes.map(({ value }: any) => value),
    [1],
  )
})

test('a key that is not there is exit code 1; what cannot be meant is exit code 2 with what can', async (t) => {
  const folder = await stored(t)
  const ends = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await sluice(t, folder, ['state', ...words])
    assert.equal(stdout, '')
    return `${code} ${stderr}`
  }
  assert.match(await ends('state', 'sums', '/none'), /^1 {3}sums keeps nothing under the key \/none\n$/)
  assert.match(await ends('state', 'sum'), /^2 ✕ E_USAGE {2}No operator "sum" keeps state; these do: .*sums/)
  assert.match(await ends('nowhere'), /^2 ✕ E_USAGE {2}There is no directory nowhere\./)
  assert.match(await ends('app.ts'), /^2 ✕ E_USAGE {2}app\.ts is a file, not the directory of a run\./)
  assert.match(await ends(), /^2 ✕ E_USAGE {2}state needs the directory/)
})

test('beside a run every look shows one committed batch whole', async (t) => {
  const folder = await project(t, {
    'app.ts': `import { app, milliseconds } from 'sluice'
import { counter } from './numbers.ts'
export default app('pairs', milliseconds(20), (ssc) => {
  const ns = ssc.source('n', counter).flatMap((n) => Array.from({ length: 40 }, (_, i) => [i, n]))
  ns.updateStateByKey((added, sum) => (sum ?? 0) + added.length, { name: 'counts' }).foreachRDD(() => {})
})
`,
  })
  const running = new Cli(t, ['run', 'app.ts', '--dir', 'state'], folder)
  await running.says('#3 ')
  let last = 0
  for (let look = 0; look < 5; look++) {
    const { code, stdout, stderr } = await sluice(t, folder, ['state', 'state', 'counts', '--json'])
    assert.equal(code, 0, stderr)
    const values = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { value: number }).value)
    assert.deepEqual(new Set(values).size, 1, 'all keys are counted to the same batch')
    assert.ok(values.length === 40 && values[0] >= last)
    last = values[0]
  }
  running.child.kill('SIGINT')
  assert.equal((await running.ended).code, 0, running.stderr)
})
