import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headLines } from '../../lib/cli/run-head.ts'
import type { AppStarting } from '../../lib/model/events.ts'

const starting: AppStarting = {
  type: 'starting',
  app: 'orders',
  intervalMs: 60_000,
  dir: null,
  continues: true,
  sources: [],
  outputs: [],
}
const facts = { version: '1.0.0', committed: 0, startupMs: 120, names: new Map([['rows/output', 'rows']]) }

const shown = (about: Partial<AppStarting>, more: Partial<typeof facts> = {}): string[] =>
  headLines({ ...starting, ...about }, { ...facts, ...more })

test('a head has a line for each source and output, in columns that are as wide as what is in them', () => {
  const lines = shown({
    sources: [
      { name: 'orders', kind: 'Kafka', address: 'topic o', place: 'app.ts:3:1' },
      { name: 'customers-of-all-shops', kind: 'Lists', address: null, place: 'app.ts:4:1' },
    ],
    outputs: [
      { name: 'rows/output', kind: 'sql', address: 'db', place: 'app.ts:1:1' },
      { name: 'log', kind: 'print', address: null, place: 'app.ts:2:1' },
    ],
  })
  assert.deepEqual(lines, [
    '  sluice 1.0.0  orders                       ready in 0.12 s',
    '',
    '  Source     orders                  Kafka, topic o',
    '             customers-of-all-shops  Lists',
    '  Outputs    rows        db  app.ts:1:1',
    '             log             app.ts:2:1',
    '  State      in memory: gone when this process ends; --dir keeps it',
    '  Batches    every 1 minute',
  ])
})

test('outputs of which none has an address are not moved aside for it', () => {
  const lines = shown({ outputs: [{ name: 'log', kind: 'print', address: null, place: 'app.ts:2:1' }] })
  assert.ok(lines.includes('  Outputs    log         app.ts:2:1'), lines.join('\n'))
})

test('where state lies is said with what becomes of it, short below the current directory', () => {
  const state = (about: Partial<AppStarting>, committed = 0): string =>
    shown(about, { committed }).find((line) => line.startsWith('  State'))!
  assert.deepEqual(
    [
      state({ dir: `${process.cwd()}/.sluice` }),
      state({ dir: `${process.cwd()}/.sluice` }, 1),
      state({ dir: '/elsewhere/state' }, 12_345),
      state({ dir: process.cwd(), continues: false }, 5),
    ],
    [
      '  State      .sluice/    kept between runs; --fresh to start over',
      '  State      .sluice/    goes on after batch #1; --fresh to start over',
      '  State      /elsewhere/state/  goes on after batch #12,345; --fresh to start over',
      '  State      ./          begins anew each time; StreamingContext.getOrCreate or --dir goes on',
    ],
  )
})

test('services that stand in for those of AWS are listed, and state is gone with them', () => {
  const services = [{ name: 'DynamoDB', address: 'http://localhost:1', holds: 'heads' }]
  const lines = shown({ dir: '.sluice', services })
  assert.deepEqual(lines.slice(2), [
    '  State      in what stands in for AWS: gone when this ends',
    '  Batches    every 1 minute',
    '  On AWS     DynamoDB    http://localhost:1  heads',
  ])
})
