import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { assertFound } from './assert-found.ts'

const contracts = new URL('../../lib/testing/contracts/', import.meta.url).href

const suites = [
  ['sinkContract', 'sink.ts', 'exactly-once', '[...held.values()].flat()'],
  [
    'repeatingSinkContract',
    'repeating-sink.ts',
    'at-least-once',
    '[...held].flatMap(([key, rows]) => rows.map((row, i) => ({ id: `${key}/${i}`, row })))',
  ],
] as const

for (const [suite, file, guarantee, contents] of suites)
  test(`${suite}: a sink that fails without having died is said with what it fails with`, async (t) => {
    const program = join(await temporaryFolder(t), 'suite.ts')
    await writeFile(
      program,
      `import { ${suite} } from '${contracts}${file}'
      ${suite}('rows', async () => {
        const held = new Map<string, readonly any[]>()
        const sink = {
          name: 'rows',
          guarantee: '${guarantee}' as const,
          write: async (records: readonly any[], { key }: { key: string }) => void held.set(key, records),
        }
        const finish = () => Promise.reject(new TypeError('there is no finish'))
        const dying = () => ({ ...sink, finish })
        return { fenced: false, open: () => sink, dying, contents: async () => ${contents} }
      })`,
    )
    const { stdout } = spawnSync(process.execPath, ['--test-name-pattern=F57', program], {
      encoding: 'utf8',
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    })
    assert.match(stdout, /to end at call 200 fails, .*: it fails for another reason/)
    assert.match(stdout, /TypeError: there is no finish/)
  })

test('a sink that breaks a promise is found by that promise, and a sound one by none', () => {
  assertFound(['broken-sinks.ts'], {
    'sound sink': [],
    'sink that remembers for itself': [
      'a batch that is written twice',
      'a batch that two processes write',
      'an older batch after a newer one',
      'given batch 6 for the first time',
      'a batch that stopped after any',
      'F63: an app that begins anew is',
      '5,000 rows of one partition are',
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that looks before it writes': ['a batch that two processes write'],
    'sink that wants every number': ['batch after batch adds up, whatever'],
    'sink that compares numbers as texts': ['batch after batch adds up, whatever', 'given batch 6 for the first time'],
    'sink that takes an older batch as well': ['an older batch after a newer one', 'given batch 6 for the first time'],
    'sink that takes an older batch for written': ['given batch 6 for the first time'],
    'sink that remembers one partition': [
      'batch after batch adds up, whatever',
      'partitions do not know each other',
      'a batch that stopped after any',
      'a partition that was written is',
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that takes partitions in their order alone': ['partitions do not know each other'],
    'sink that forgets its first partition': ['a batch that stopped after any'],
    'sink that remembers former lives': ['F63: an app that begins anew is'],
    'sink that takes outputs for one': ['a second output'],
    'sink that writes when a batch ends': ['a partition that was written is'],
    'sink that writes what was given up': ['a delivery that is given up writes'],
    'sink that takes what was given up for written': ['a delivery that is given up writes'],
    'sink that sorts what it is given': ['records that it is given stay as'],
    'sink that stamps what it is given': [
      'partitions do not know each other',
      'records that it is given stay as',
      '5,000 rows of one partition are',
      'values come back as they went in',
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that is closed once': ['closing it twice is closing it'],
    'sink that stays closed': ['closing it twice is closing it'],
    'sink that does not end a batch of nothing': ['a partition that was written is', 'an empty partition and an empty'],
    'sink that has room for 1,000 rows': ['5,000 rows of one partition are'],
    'sink that writes nothing as text': ['values come back as they went in'],
    'sink that remembers after it has written': [
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that remembers before it has written': [
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that writes rows one by one': [
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that keeps silent about what failed': ['F57: a process that ends before'],
    'sink that answers before it has written': ['F63: an app that begins anew is'],
    'sound sink of names': [],
    'sink of names that refuses older batches': ['given batch 6 for the first time'],
  })
})

test('a sink that sends ids and breaks a promise is found by that promise, and a sound one by none', () => {
  assertFound(['broken-repeating-sinks.ts'], {
    'sound sink': [],
    'sink that sends everything twice': ['a batch that nothing disturbs is', 'a partition that was written has'],
    'sink that sends nothing as text': ['a batch that nothing disturbs is'],
    'sink that draws its ids': [
      'a batch that comes again, from',
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that counts its ids': ['a batch that comes again, from'],
    'sink whose ids are what a record holds': ['records that are equal are two'],
    'sink whose ids have no partition': [
      'a batch that nothing disturbs is',
      'a batch that comes again, from',
      'records that are equal are two',
      'a partition that was written has',
    ],
    'sink whose ids have no batch': [
      'a batch that comes again, from',
      'records that are equal are two',
      'closing it twice is closing it',
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink whose ids have no incarnation': ['F63: an app that begins anew sends'],
    'sink whose ids have no output': ['a second output'],
    'sink that sends when a batch ends': ['a partition that was written has'],
    'sink that sends 1,000 records': ['1,200 records of one partition'],
    'sink that sends what was given up': ['a delivery that is given up sends'],
    'sink that ends without a word when it is given up': ['a delivery that is given up sends'],
    'sink that takes records from what it is given': [
      'a batch that nothing disturbs is',
      'records that it is given stay as',
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that is closed once': ['closing it twice is closing it'],
    'sink that stays closed': ['closing it twice is closing it'],
    'sink that keeps silent about what failed': [
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
    'sink that keeps silent about its last call': ['F57: a process that ends before'],
    'sink that remembers what it has begun': [
      'F57: a process that ends before',
      'F57: a process that ends during',
      'F57: a process that ends after',
    ],
  })
})
