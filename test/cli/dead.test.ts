import assert from 'node:assert/strict'
import { test } from 'node:test'
import { project, sluice } from './cli.ts'

const program = (bad: string, settings = '') => `
import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'

export default app('words', milliseconds(20), (ssc) => {
  ssc.source('words', batches(['a', 'bad-hunter2', 'b', 'a'], ['c'], ['c'], ['c'])).map((word) => {
    if (word.startsWith('bad')) { ${bad} }
    return [word, 1] as [string, number]
  }).updateStateByKey((ones, total) => ones.length + (total ?? 0)).print()
}, { onError: 'dead-letter'${settings} })
`

test('a bad record is set aside, listed, shown, and counts after the fix', async (t) => {
  const folder = await project(t, { 'app.ts': program("throw new TypeError('not a word')") })
  const first = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  assert.equal(first.code, 0)
  assert.match(
    first.stderr,
    new RegExp(
      String.raw`✕ E_USER_CODE {2}TypeError: not a word\n {2}where .*app\.ts:7:\d+.*\n {2}did {4}narrowed to 1 ` +
        String.raw`record of 4, kept as dead letter 1-1; the batch committed without it\n`,
    ),
  )
  assert.match(first.stderr, /1 dead letter/)
  assert.match(first.stdout, /\(a,2\)\n\(b,1\)\n/)
  assert.ok(!(first.stderr + first.stdout).includes('hunter2'))

  const listed = await sluice(t, folder, ['dead', 'list', 'state'])
  assert.match(
    listed.stdout,
    /^ {2}1-1 {7}words {2}E_USER_CODE {2}TypeError: not a word {2}app\.ts:7:\d+\n.*sluice dead retry state all\n$/,
  )
  // What the run said can be pasted.
  assert.match(first.stderr, /next {3}sluice dead show state 1-1\n {9}sluice dead retry state 1-1 /)
  assert.match((await sluice(t, folder, ['dead', 'show', 'state', '1-1'])).stdout, / {2}record {2}bad-hunter2\n/)

  const fixed = await project(t, { 'app.ts': program('') })
  assert.match(
    (await sluice(t, folder, ['dead', 'retry', 'state', 'all'])).stdout,
    /1 dead letter will be read again by the first batch with input after the next start\n$/,
  )
  assert.match(
    (await sluice(t, folder, ['dead', 'list', 'state'])).stdout,
    /\(will be read again after the next start\)/,
  )
  const second = await sluice(t, fixed, ['run', 'app.ts', '--dir', `${folder}/state`, '--batches', '1'])
  assert.match(second.stdout, /\(bad-hunter2,1\)/)
  assert.equal((await sluice(t, folder, ['dead', 'list', 'state'])).stdout, 'no dead letters\n')
  assert.match((await sluice(t, folder, ['verify', 'state'])).stdout, /^✓/)
})

test('F29, F69: a record that ends the thread or never lets it rest is found too, and the others count', async (t) => {
  for (const bad of ['process.exit(3)', 'for (;;) {}']) {
    const folder = await project(t, { 'app.ts': program(bad, ", conf: { 'sluice.task.timeout': '300ms' }") })
    const run = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1', '--workers', '1'])
    assert.equal(run.code, 0, run.stderr)
    assert.match(run.stdout, /\(a,2\)\n\(b,1\)\n/)
    assert.match(
      run.stderr,
      bad.startsWith('for')
        ? /E_TASK_TIMEOUT {2}Task \S+ ran for more than 300 ms/
        : /E_EXIT {2}The program called process\.exit\(3\)/,
    )
    assert.match(
      (await sluice(t, folder, ['dead', 'list', 'state', '--json'])).stdout,
      /"id":"1-1".*"record":"bad-hunter2"/,
    )
  }
})

test('without --dir it is said at once that records go with the process, and each is shown', async (t) => {
  const folder = await project(t, { 'app.ts': program("throw new TypeError('not a word')") })
  const run = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'])
  assert.equal(run.code, 0, run.stderr)
  assert.match(run.stderr, /letters in memory: records that make a function fail .* go with this process: give --dir/)
  assert.match(run.stderr, /narrowed to 1 record of 4, it goes with this process: bad-hunter2; the batch committed/)
  assert.doesNotMatch(run.stderr, /dead show/)
})

test('while records to blame are looked for, a line says so, and so does a line of JSON for each pass', async (t) => {
  const folder = await project(t, { 'app.ts': program("throw new TypeError('not a word')") })
  const text = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  assert.match(text.stderr, /… batch #1 failed: looking for the records to blame among 4, pass 1\n/)
  const json = await sluice(t, folder, ['run', 'app.ts', '--dir', 'other', '--batches', '1', '--json'])
  assert.match(json.stdout, /"type":"progress","doing":"narrowing","batch":1,"records":4,"found":1,"pass":3/)
})

test('what is dropped is gone with the next batch; what does not exist is named', async (t) => {
  const folder = await project(t, { 'app.ts': program("throw new TypeError('not a word')") })
  await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  const unknown = await sluice(t, folder, ['dead', 'drop', 'state', '7-1'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /There is no dead letter 7-1/)
  await sluice(t, folder, ['dead', 'drop', 'state', '1-1'])
  await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  assert.equal((await sluice(t, folder, ['dead', 'list', 'state'])).stdout, 'no dead letters\n')
})

test('E_CONF: another word than fail and dead-letter is refused before anything runs', async (t) => {
  const folder = await project(t, { 'app.ts': program('', ", conf: { 'sluice.onError': 'ignore' }") })
  const { code, stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'])
  assert.equal(code, 1)
  assert.match(stderr, /E_CONF {2}The setting sluice\.onError is "ignore"/)
})

const feeding = (record: string, settings: string) => `
import { app, milliseconds, Receiver } from 'sluice'

class Reading { constructor(value) { this.value = value } }
class Feed extends Receiver<unknown> {
  onStart() {
    this.storeOne('good')
    for (let i = 0; i < 150; i++) this.storeOne(${record})
    this.refuse(new Uint8Array([104, 105, 255]), new Error('not a line'))
    setTimeout(() => this.end(), 1500)
  }
  onStop() {}
}

export default app('fed', milliseconds(50), (ssc) => {
  ssc.receiverStream(new Feed(), { name: 'feed' }).print()
}, { ${settings} })
`

test('what a receiver cannot store is listed and shown where letters are asked for, however much it is', async (t) => {
  const folder = await project(t, { 'app.ts': feeding('new Reading(i)', "onError: 'dead-letter'") })
  const run = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state'])
  assert.equal(run.code, 0, run.stderr)
  assert.match(run.stdout, /^good$/m)
  assert.match(run.stderr, /feed, batch \d+: 151 records that cannot be stored kept as dead letters/)
  const listed = await sluice(t, folder, ['dead', 'list', 'state'])
  assert.equal(listed.stdout.match(/^ {2}\d+-u\d+ +feed {2}E_NOT_SERIALISABLE /gm)?.length, 150)
  assert.match(listed.stdout, /^ {2}\d+-u\d+ +feed {2}E_SOURCE {2}not a line$/m)
  const shown = await sluice(t, folder, ['dead', 'show', 'state', 'all'])
  assert.match(shown.stdout, /^ {2}bytes {3}Reading \{ value: 149 \}$/m)
  assert.match(shown.stdout, /^ {2}bytes {3}hi\\xff$/m)
  const again = await sluice(t, folder, ['dead', 'retry', 'state', 'all'])
  assert.equal(again.code, 1)
  assert.match(again.stderr, /E_DEAD_LETTER {2}\S+ is what could be shown of something that is no record/)
  assert.match((await sluice(t, folder, ['verify', 'state'])).stdout, /^✓/)
})

test('where no letters are asked for, what a receiver cannot store is said, and not kept', async (t) => {
  const folder = await project(t, { 'app.ts': feeding('() => i', '') })
  const run = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state'])
  assert.equal(run.code, 0, run.stderr)
  assert.match(run.stderr, /\(151 left out in all\)/)
  assert.match(run.stderr, /! receiver lost: Feed-0: a record .* stored or sent\. \(E_NOT_SERIALISABLE\)\n/)
  assert.equal((await sluice(t, folder, ['dead', 'list', 'state'])).stdout, 'no dead letters\n')
})

const shown = (body: string) => `
import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'

export default app('shown', milliseconds(20), (ssc) => {
  const words = ssc.source('words', batches(['one', 'bad', 'two', 'bad', 'three'], ['four'], []))
  words.foreachRDD((rdd) => { ${body} }, { name: 'lengths' })
  words.count().print()
}, { onError: 'dead-letter' })
`
const lengths = `
  const lengthOf = (word) => { if (word === 'bad') throw new TypeError('no length'); return word.length }
  console.log('lengths', rdd.map(lengthOf).collect())
`

test('an action inside foreachRDD goes on without the records that make it fail, and they are kept', async (t) => {
  const folder = await project(t, { 'app.ts': shown(lengths) })
  const run = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  assert.equal(run.code, 0, run.stderr)
  assert.match(run.stdout, /lengths \[ 3, 3, 5 \]/)
  assert.match(run.stdout, /^5$/m)
  assert.match(run.stderr, /E_USER_CODE {2}TypeError: no length\n {2}where {2}lengths · app\.ts:8:\d+/)
  assert.match(run.stderr, /"lengths" was shown without 1 record, kept as dead letter 1-1o1; the batch is committed/)
  // Before any further batch the head has them, and then the manifest.
  for (const batches of ['1', '0']) {
    const listed = await sluice(t, folder, ['dead', 'list', 'state'])
    assert.match(
      listed.stdout,
      /^ {2}1-1o1 {5}lengths {2}E_USER_CODE {2}TypeError: no length {2}app\.ts:8:\d+\n {2}1-1o2 /,
    )
    assert.match((await sluice(t, folder, ['status', 'state'])).stdout, /2 dead letters/)
    assert.match((await sluice(t, folder, ['verify', 'state'])).stdout, /^✓/)
    if (batches === '1') await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', batches])
  }
  assert.match(
    (await sluice(t, folder, ['dead', 'show', 'state', '1-1o2'])).stdout,
    /output {2}"lengths" was shown.*\n {2}record {2}bad\n/,
  )
  const again = await sluice(t, folder, ['dead', 'retry', 'state', '1-1o1'])
  assert.match(again.stderr, /E_DEAD_LETTER {2}1-1o1 counts in its batch, and only "lengths" was shown without it/)
  await sluice(t, folder, ['dead', 'drop', 'state', 'all'])
  await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  assert.equal((await sluice(t, folder, ['dead', 'list', 'state'])).stdout, 'no dead letters\n')
})

test('code of foreachRDD that fails outside of an action has no record to blame: the output is owed', async (t) => {
  const folder = await project(t, {
    'app.ts': shown("for (const word of rdd.collect()) if (word === 'bad') throw new Error('mine')"),
  })
  const run = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  assert.notEqual(run.code, 0)
  assert.match(run.stderr, /Error: mine/)
  assert.equal((await sluice(t, folder, ['dead', 'list', 'state'])).stdout, 'no dead letters\n')
})
