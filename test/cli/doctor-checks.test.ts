import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StageFacts } from '../../lib/adapters/aws/stage-facts.ts'
import { checks } from '../../lib/cli/doctor-checks.ts'

const statement = (Action: readonly string[], Resource: unknown): object => ({ Effect: 'Allow', Action, Resource })
const heads = { 'Fn::Sub': 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/heads' }
const wanted = { statements: [statement(['dynamodb:GetItem'], heads)], logDays: 14, platformLevel: 'WARN' }
const headsArn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/heads'
const task = {
  name: 'it-dev-task',
  statements: { found: [statement(['dynamodb:GetItem'], headsArn)] as unknown[] | null },
  logDays: { found: 14 as number | null },
  platformLevel: { found: 'WARN' as string | null },
}

const stage = {
  table: 'heads',
  bucket: 'objects',
  coordinator: 'it-dev-coordinator',
  slots: 8,
  prefix: 'blobs/',
  stage: 'dev',
  owner: { partition: 'aws', region: 'eu-west-1', account: '123456789012' },
  functions: [{ wanted, deployed: task }],
}
const well: StageFacts = {
  table: { found: { keys: ['pk', 'sk'], expiresBy: null, replicas: [], isBackedUp: true } },
  expiring: { found: [] },
  unreserved: { found: 100 },
  coordinator: { found: null },
  clockOffMs: 0,
}

/** What is not as it should be, once something of a stage that is well is otherwise. */
const wrong = (changes: Partial<StageFacts>): string[] =>
  checks(stage, { ...well, ...changes })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, what }) => `${level} ${what}`)

test('a stage that is set up as the plugin does it has nothing wrong', () => {
  assert.deepEqual(wrong({}), [])
  assert.equal(checks(stage, well).length, 10)
})

test('F65: a rule that may delete what lies below blobs/ is found; others are none of ours', () => {
  for (const prefix of ['', 'blobs/', 'b', 'blobs/it/', 'blobs'])
    assert.deepEqual(wrong({ expiring: { found: [{ id: 'old', prefix }] } }), ['fail lifecycle'], prefix)
  for (const prefix of ['in/', 'out/', 'blob/', 'blobs2/'])
    assert.deepEqual(wrong({ expiring: { found: [{ id: 'old', prefix }] } }), [], prefix)
})

test('a bucket that is not there is wrong, and not only unknown', () => {
  assert.deepEqual(wrong({ expiring: { found: null } }), ['fail bucket'])
})

test('a table that expires items, has other keys, no backup, or is not there', () => {
  const table = { keys: ['pk', 'sk'], expiresBy: null, replicas: [], isBackedUp: true }
  assert.deepEqual(wrong({ table: { found: { ...table, expiresBy: 'ttl' } } }), ['fail expiry'])
  assert.deepEqual(wrong({ table: { found: { ...table, keys: ['app'] } } }), ['fail table'])
  assert.deepEqual(wrong({ table: { found: { ...table, isBackedUp: false } } }), ['warn backup'])
  assert.deepEqual(wrong({ table: { found: null } }), ['fail table'])
})

test('F13: a table that other regions write as well', () => {
  const table = { keys: ['pk', 'sk'], expiresBy: null, replicas: ['eu-north-1'], isBackedUp: true }
  assert.deepEqual(wrong({ table: { found: table } }), ['fail regions'])
})

test('F19: an account or a coordinator without room, and a clock that is off', () => {
  assert.deepEqual(wrong({ unreserved: { found: 11 } }), [])
  assert.deepEqual(wrong({ unreserved: { found: 10 } }), ['fail concurrency'])
  assert.deepEqual(wrong({ coordinator: { found: 0 } }), ['fail coordinator'])
  assert.deepEqual(wrong({ coordinator: { found: 1 } }), ['fail coordinator'])
  assert.deepEqual(wrong({ coordinator: { found: 2 } }), [])
  assert.deepEqual(wrong({ clockOffMs: 1500 }), [])
  assert.deepEqual(wrong({ clockOffMs: -60_000 }), ['warn clock'])
  assert.deepEqual(wrong({ clockOffMs: -400_000 }), ['fail clock'])
})

/** What is said of a function that is deployed otherwise. */
const saidOf = (changes: Partial<typeof task>): string[] =>
  checks({ ...stage, functions: [{ wanted, deployed: { ...task, ...changes } }] }, well)
    .filter(({ level }) => level !== 'ok')
    .map(({ level, what, says, next }) => `${level} ${what}: ${says}; ${next.join()}`)

test('a role that allows more or less than is generated for it, or is not there, is found', () => {
  const more = [...task.statements.found!, statement(['dynamodb:PutItem'], headsArn)]
  assert.deepEqual(saidOf({ statements: { found: more } }), [
    `fail policy: it-dev-task may dynamodb:PutItem on ${headsArn}: it is not what is generated; ` +
      'npx osls deploy --stage dev',
  ])
  assert.deepEqual(saidOf({ statements: { found: [] } }), [
    `fail policy: it-dev-task may not dynamodb:GetItem on ${headsArn}: it is not what is generated; ` +
      'npx osls deploy --stage dev',
  ])
  // Its log is then nobody's: nothing keeps it for ever.
  const gone = { statements: { found: null }, logDays: { found: null }, platformLevel: { found: null } }
  assert.deepEqual(saidOf(gone), [
    'fail policy: it-dev-task is not there; npx osls deploy --stage dev',
    'warn logs: could not be looked at: no function is there; ',
  ])
  const everything = [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }]
  assert.match(saidOf({ statements: { found: [...task.statements.found!, ...everything] } }).join(), /all but "iam/)
})

test('logs that are kept for ever, or hold a line for each call, are a warning', () => {
  assert.match(saidOf({ logDays: { found: null } }).join(), /^warn logs: it-dev-task is kept for ever; npx osls deploy/)
  assert.match(saidOf({ logDays: { found: 90 } }).join(), /^warn logs: it-dev-task is kept for 90 days/)
  assert.match(saidOf({ platformLevel: { found: 'INFO' } }).join(), /says each call \(level INFO\)/)
})

test('what nobody may look at is a warning that says why, and not taken for well', () => {
  const why = 'not authorized'
  assert.deepEqual(wrong({ table: { why }, expiring: { why }, unreserved: { why }, coordinator: { why } }), [
    'warn table',
    'warn lifecycle',
    'warn concurrency',
    'warn coordinator',
  ])
})
