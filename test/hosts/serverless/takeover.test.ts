import assert from 'node:assert/strict'
import { test } from 'node:test'
import { takeoverWords } from '../../../lib/hosts/serverless/takeover.ts'

const queued = { intervalMs: 10_000, byEvents: false }
const stays = { intervalMs: 2000, byEvents: false }
const events = { intervalMs: 10_000, byEvents: true }

for (const [what, found, needs, words] of [
  [
    'a first deploy',
    { before: null, now: '1', committed: null },
    queued,
    'version 1 begins with the first tick, within a minute',
  ],
  [
    'a first deploy of a program that events wake',
    { before: null, now: '1', committed: null },
    events,
    'version 1 begins with the first event',
  ],
  [
    'a deploy beside a table that was kept',
    { before: null, now: '1', committed: 12 },
    queued,
    'version 1 goes on after batch #12, or the one that runs',
  ],
  [
    'a deploy of other code',
    { before: '1', now: '2', committed: 12 },
    queued,
    'version 2 takes over from version 1 after batch #12, or the one that runs',
  ],
  [
    'a deploy of other code under a coordinator that stays',
    { before: '1', now: '2', committed: 12 },
    stays,
    'version 2 takes over from version 1 after batch #12, or those of the minute that runs',
  ],
  [
    'a deploy of code that mends the first batch',
    { before: '1', now: '2', committed: 0 },
    queued,
    'version 2 begins with the first batch',
  ],
  [
    'a deploy of the same code',
    { before: '2', now: '2', committed: 12 },
    queued,
    'version 2 goes on after batch #12, or the one that runs',
  ],
  [
    'a deploy into a table of several apps',
    { before: '1', now: '2', committed: null },
    queued,
    'version 2 takes over from version 1 after the last batch, or the one that runs',
  ],
] as const)
  test(`${what} says: ${words}`, () => {
    assert.equal(takeoverWords(found, needs), words)
  })
