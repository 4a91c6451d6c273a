import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closing, decodeInvocation } from '../../../lib/hosts/lambda/invocation.ts'

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`)
const context = (seconds: number) => ({ awsRequestId: 'r', getRemainingTimeInMillis: () => seconds * 1000 })

test(
  'a scheduled tick lasts for its own minute, any other for the rest of the current one; both leave ' +
    'room for the next',
  () => {
    const scheduled = decodeInvocation(
      { source: 'aws.events', time: '2026-01-01T10:00:20Z' },
      context(300),
      at('10:00:22'),
    )
    assert.equal(closing(scheduled, 'stay'), at('10:01:15'))
    assert.equal(closing(decodeInvocation({}, context(300), at('10:00:22')), 'stay'), at('10:00:55'))
    assert.equal(closing(decodeInvocation(null, context(300), at('10:00:59')), 'stay'), at('10:00:55'))
  },
)

test('a loop ends well before its invocation does', () => {
  assert.equal(closing(decodeInvocation({}, context(20), at('10:00:00')), 'stay'), at('10:00:10'))
})

test('who is woken for each batch waits for nothing', () => {
  for (const pacing of ['schedule', 'queue', 'events'] as const)
    assert.equal(closing(decodeInvocation({}, context(300), at('10:00:00')), pacing), null)
})

test('an operator may ask in the event to resume or to accept a changed graph', () => {
  const { resume, dropState } = decodeInvocation({ resume: true, dropState: ['counts'] }, context(300), 0)
  assert.deepEqual({ resume, dropState }, { resume: true, dropState: ['counts'] })
  assert.equal(decodeInvocation({ resume: 'yes' }, context(300), 0).resume, false)
})

test(
  'F04: a tick that waited six hours in a queue stands for a minute that is over: it begins no batch ' +
    'of less than a minute',
  () => {
    const now = at('16:00:20')
    assert.ok(
      closing(decodeInvocation({ source: 'aws.events', time: '2026-01-01T10:00:00Z' }, context(300), now), 'stay')! <
        now,
    )
  },
)
