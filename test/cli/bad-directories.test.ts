import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { assertSilent, SECRET } from '../support/secret.ts'
import { type Ended, project, sluice } from './cli.ts'
import { Forgery } from './forgery.ts'

const program = `import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'
export default app('words', milliseconds(20), (ssc) => {
  const words = Array.from({ length: 300 }, (_, i) => '${SECRET} ' + i)
  const ones = ssc.source('words', batches(words, words)).map((word) => [word, 1])
  ones.updateStateByKey((ns, sum) => ns.length + (sum ?? 0), { name: 'sums' }).print(1)
})
`

/**
 * What a start on the directory of an earlier run says, after somebody has changed it. Printed lines of records are not
 * part of it.
 */
async function startAfter(t: TestContext, change: (forgery: Forgery) => unknown): Promise<Ended> {
  const folder = await project(t, { 'app.ts': program })
  const first = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '2'])
  assert.equal(first.code, 0, first.stderr)
  const forgery = await Forgery.of(t, join(folder, 'state/words'))
  await change(forgery)
  rmSync(join(folder, 'state/words'), { recursive: true })
  cpSync(forgery.folder, join(folder, 'state/words'), { recursive: true })
  const before = readFileSync(join(folder, 'state/words/head-1.log'))
  const ended = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1', '--verbose'])
  for (const text of [ended.stdout, ended.stderr, readFileSync(join(folder, 'state/log.ndjson'), 'utf8')])
    assertSilent(text)
  return {
    ...ended,
    stdout: readFileSync(join(folder, 'state/words/head-1.log')).equals(before) ? 'untouched' : 'changed',
  }
}

const forgeries: readonly [
  id: string,
  sentence: string,
  message: RegExp,
  change: (forgery: Forgery) => unknown,
  log: 'untouched' | 'changed',
][] = [
  [
    'B15',
    'a head of a newer format',
    new RegExp(
      String.raw`^✕ E_HEAD_FORMAT {2}The head at revision \d+ has format 2; this build reads format 1\.\n {2}where` +
        String.raw` {2}revision \d+\n {2}did {4}nothing was started\n {2}next {3}run the version that wrote it\n`,
      'm',
    ),
    (f) => {
      ;(f.writes.at(-1)!.head as any).format = 2
      f.save()
    },
    'untouched',
  ],
  [
    'B15',
    'a manifest of a newer format',
    /^✕ E_MANIFEST_FORMAT {2}Manifest words\/.* has format 7; this build reads formats 1 and 2\.\n/m,
    (f) => {
      f.remake(2, (m) => {
        m.format = 7
      })
      f.save()
    },
    'untouched',
  ],
  [
    'B46',
    'a head without one of its fields',
    /^✕ E_HEAD_CORRUPT {2}What stands at revision \d+ is not a head: owed is not a list\.\n/m,
    (f) => {
      delete (f.writes.at(-1)!.head as any).owed
      f.save()
    },
    'untouched',
  ],
  [
    'B46',
    'a head that names the manifest of another app',
    /^✕ E_REF_SCOPE {2}What stands at revision \d+ is not a head: manifest names an object outside of its app\.\n/m,
    (f) => {
      f.writes.at(-1)!.head.manifest = { ...f.refOf(2), key: 'other/i/man/00/2/n.json' }
      f.save()
    },
    'untouched',
  ],
  [
    'B46',
    'a manifest without one of its fields',
    /^✕ E_MANIFEST_CORRUPT {2}Manifest words\/.* is not one: positions is not an object\.\n/m,
    (f) => {
      f.remake(2, (m) => {
        m.positions = SECRET
      })
      f.save()
    },
    'untouched',
  ],
  [
    'B46',
    'a manifest that names state of another app',
    new RegExp(
      String.raw`^✕ E_REF_SCOPE {2}Manifest words/.* is not one: state\["sums"\]\.chains\[0\]\.blocks\[0\]\.ref ` +
        String.raw`names an object outside of its app\.\n`,
      'm',
    ),
    (f) => {
      f.remake(2, (m) => {
        m.state.sums.chains[0].blocks[0].ref.key = 'other/i/st/x'
      })
      f.save()
    },
    'untouched',
  ],
  [
    'B45',
    'a log that was cut in the middle of a write that others build upon',
    /^✕ E_HEAD_CORRUPT {2}The head log ".*" lacks revision \d+ before revision \d+\.\n/m,
    (f) => {
      const text = readFileSync(f.log, 'latin1')
      const at = text.indexOf('"cause":"commit"')
      writeFileSync(f.log, text.slice(0, at) + text.slice(at + 40), 'latin1')
    },
    'untouched',
  ],
  [
    'B45',
    'state that was cut off',
    /^✕ E_HALTED {2}words\/.* is not what was written: it ends before its byte \d+/m,
    (f) => {
      const { ref } = (f.manifest(2).state as any).sums.chains[0].blocks[0]
      writeFileSync(f.path(ref), f.bytes(ref).subarray(0, 50))
    },
    'changed',
  ],
]

for (const [id, sentence, message, change, log] of forgeries) {
  test(
    `${id}: a directory with ${sentence} is refused with a code and a place, and its records are not ` + 'shown',
    async (t) => {
      const { code, stdout, stderr } = await startAfter(t, change)
      assert.equal(code, 1, stderr)
      assert.match(stderr, message)
      assert.equal(stdout, log)
    },
  )
}
