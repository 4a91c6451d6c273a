import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closing, decodeInvocation, lifeOf, limitsOf } from '../../../lib/hosts/lambda/invocation.ts'

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

test('an invocation knows its time, the minute it stands for, and who it is', () => {
  const now = at('10:00:22')
  const scheduled = decodeInvocation({ time: '2026-01-01T10:00:20Z' }, context(300), now)
  const { began, deadline, abortAt, minute, holder } = scheduled
  assert.deepEqual(
    { began, deadline, abortAt, minute, holder },
    { began: now, deadline: at('10:05:22'), abortAt: at('10:05:17'), minute: at('10:00:20'), holder: 'lambda:r' },
  )
  assert.deepEqual(scheduled.wakes, [{ kind: 'minute', at: at('10:00:20') }])
  const asked = decodeInvocation({ resume: true, dropState: [1, 'a'], time: 'soon' }, context(300), now)
  assert.deepEqual([asked.minute, asked.resume, asked.dropState], [at('10:00:00'), true, ['1', 'a']])
  assert.deepEqual(decodeInvocation({ dropState: 'a' }, context(300), now).dropState, [])
})

test('tasks are launched in the first three quarters of an invocation, and sealed ten seconds before its end', () => {
  const lifeAt = (seconds: number) => lifeOf(decodeInvocation({}, context(seconds), at('10:00:00')))
  assert.deepEqual(lifeAt(60), { launchUntil: at('10:00:45'), sealAt: at('10:00:50') })
  assert.deepEqual(lifeAt(20), { launchUntil: at('10:00:15'), sealAt: at('10:00:15') })
  assert.deepEqual(limitsOf(1000, 10_000), { stopAt: 9000, endAt: 10_500 })
})

test('what wakes a coordinator is its schedule, the messages of its queue, or anything else as an event', () => {
  const wakes = (event: unknown) => decodeInvocation(event, context(60), 0).wakes
  const event = { kind: 'event', needs: null, tries: 0 }
  const message = (body: unknown, more = {}) => ({
    eventSource: 'aws:sqs',
    messageId: 'm',
    receiptHandle: 'r',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...more,
  })
  for (const other of [
    null,
    {},
    { Records: 'none' },
    { Records: [] },
    { Records: [null, 'a text'] },
    { Records: [message('', { eventSource: 's3' })] },
  ])
    assert.deepEqual(wakes(other), [event])
  const bodies = [
    { sluice: { kind: 'tick', at: 5 } },
    { sluice: { kind: 'tick', at: 'now' } },
    { sluice: { kind: 'event', needs: 7, tries: 2 } },
    { sluice: { kind: 'event', needs: 'x', tries: 1.5 } },
    { sluice: { kind: 'other' } },
    'no json',
    'null',
  ]
  assert.deepEqual(wakes({ Records: bodies.map((body) => message(body)) }), [
    { kind: 'tick', at: 5 },
    event,
    { kind: 'event', needs: 7, tries: 2 },
    event,
    event,
    event,
    event,
  ])
  const { messages } = decodeInvocation({ Records: [message('x')] }, context(60), 0)
  assert.deepEqual(messages, [{ id: 'm', receipt: 'r', wake: event }])
})
