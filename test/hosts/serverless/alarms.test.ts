import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverlessOptions } from '../../../lib/hosts/serverless/options.ts'
import { resources } from '../../../lib/hosts/serverless/resources.ts'
import { plainNeeds } from '../../support/plain-needs.ts'

const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:ops'

/** An alarm of a stage: whether it is on after a minute after another in which its metric had a value. */
function alarmOf(id: string, { byEvents = false, ...functions }: Readonly<Record<string, any>> = {}) {
  const options = serverlessOptions({ app: 'app.ts', alarms: { topic: TOPIC }, ...functions })
  const needs = { ...plainNeeds, byEvents, receivers: ['lines'] }
  const { Properties } = resources({ service: 'clicks', stage: 'dev', keeps: false }, options, needs)[id] as any
  const { EvaluationPeriods, DatapointsToAlarm, Period, Threshold, ComparisonOperator } = Properties
  assert.ok(EvaluationPeriods * Period <= 24 * 3600, 'CloudWatch looks back for no longer')
  const breaches =
    ComparisonOperator === 'LessThanThreshold' ? (n: number) => n < Threshold : (n: number) => n >= Threshold
  return (minutes: readonly number[]): boolean =>
    minutes.slice(-EvaluationPeriods).filter(breaches).length >= DatapointsToAlarm
}

/** A minute with one of them after each so many without any. */
const oneIn = (minutes: number, times: number): number[] =>
  Array.from({ length: minutes * times }, (_, i) => (i % minutes === 0 ? 1 : 0))

test('batches that fail after many minutes each are told as those are that fail at once', () => {
  const failing = alarmOf('SluiceFailing', { coordinator: { timeout: 900 } })
  assert.ok(failing([1, 1, 1]))
  assert.ok(failing(oneIn(15, 3)), 'a batch that takes as long as a coordinator may live')
  assert.ok(!failing([1, 1]), 'what went well again at once is nothing to wake anybody for')
  assert.ok(!failing([...oneIn(60, 3), ...Array.from({ length: 59 }, () => 0)]))
})

test('an event whose batch fails over and over is told, although it waits longer each time', () => {
  assert.ok(alarmOf('SluiceFailing', { byEvents: true })(oneIn(15, 4)))
})

test('a receiver that fails at the end of each life is told after the second one', () => {
  const failing = alarmOf('SluiceReceiverLinesFailing')
  assert.ok(failing(oneIn(15, 2)))
  assert.ok(!failing(oneIn(15, 1)))
})

test('a program that waits for events is silent only when its hourly schedule is', () => {
  const hours = [1, ...Array.from({ length: 59 }, () => 0)]
  assert.ok(!alarmOf('SluiceSilent', { byEvents: true })([...hours, ...hours]))
  assert.ok(alarmOf('SluiceSilent', { byEvents: true })([...hours, ...hours, ...hours].map(() => 0)))
  assert.ok(alarmOf('SluiceSilent')([0, 0, 0, 0, 0]))
})
