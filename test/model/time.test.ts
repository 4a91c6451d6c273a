import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  batchIntervalMs,
  Duration,
  instantMs,
  intervalMs,
  milliseconds,
  minutes,
  seconds,
  Time,
} from '../../lib/model/time.ts'

const ms = (all: readonly { readonly milliseconds: number }[]): number[] => all.map((each) => each.milliseconds)

test('durations are compared by their length, which is shorter, equal or longer', () => {
  const [short, same, long] = [seconds(1), milliseconds(1000), minutes(1)]
  assert.deepEqual([short.less(long), short.less(same), long.less(short)], [true, false, false])
  assert.deepEqual([short.lessEq(long), short.lessEq(same), long.lessEq(short)], [true, true, false])
  assert.deepEqual([short.greater(long), short.greater(same), long.greater(short)], [false, false, true])
  assert.deepEqual([short.greaterEq(long), short.greaterEq(same), long.greaterEq(short)], [false, true, true])
  assert.deepEqual([short.equals(same), short.equals(long), short.equals(new Time(1000))], [true, false, false])
  assert.deepEqual(ms([short.min(long), long.min(short), short.max(long), long.max(short)]), [1000, 1000, 60e3, 60e3])
  assert.deepEqual([new Duration(0).isZero(), short.isZero()], [true, false])
})

test('durations are added, taken away, multiplied and fitted into one another', () => {
  assert.deepEqual(
    ms([seconds(2).plus(seconds(1)), seconds(1).minus(seconds(2)), seconds(2).times(3)]),
    [3000, -1000, 6000],
  )
  assert.equal(seconds(3).div(seconds(2)), 1.5)
  assert.deepEqual([seconds(4).isMultipleOf(seconds(2)), seconds(3).isMultipleOf(seconds(2))], [true, false])
  assert.deepEqual(ms([seconds(0.0015), minutes(0.00001)]), [2, 1])
})

test('times are compared by which comes first', () => {
  const [early, same, late] = [new Time(1000), new Time(1000), new Time(2000)]
  assert.deepEqual([early.less(late), early.less(same), late.less(early)], [true, false, false])
  assert.deepEqual([early.lessEq(late), early.lessEq(same), late.lessEq(early)], [true, true, false])
  assert.deepEqual([early.greater(late), early.greater(same), late.greater(early)], [false, false, true])
  assert.deepEqual([early.greaterEq(late), early.greaterEq(same), late.greaterEq(early)], [false, true, true])
  assert.deepEqual([early.equals(same), early.equals(late), early.equals(new Duration(1000))], [true, false, false])
  assert.deepEqual(ms([early.min(late), late.min(early), early.max(late), late.max(early)]), [1000, 1000, 2000, 2000])
})

test('a time less a time is a duration, and a time less a duration is a time', () => {
  const span = new Time(3000).minus(new Time(1000))
  const before = new Time(3000).minus(seconds(1))
  assert.ok(span instanceof Duration && before instanceof Time)
  assert.deepEqual(ms([span, before, new Time(3000).plus(seconds(1))]), [2000, 2000, 4000])
})

test('times lie on a grid, and a grid has its end or leaves it out', () => {
  const step = seconds(2)
  assert.deepEqual([new Time(4000).isMultipleOf(step), new Time(3000).isMultipleOf(step)], [true, false])
  assert.deepEqual(
    ms([new Time(4000).floor(step), new Time(5999).floor(step), new Time(-1).floor(step)]),
    [4e3, 4e3, -2e3],
  )
  assert.deepEqual(
    ms([new Time(4000).floor(step, new Time(500)), new Time(4500).floor(step, new Time(500))]),
    [2500, 4500],
  )
  assert.deepEqual(ms(new Time(1000).until(new Time(5000), step)), [1000, 3000])
  assert.deepEqual(ms(new Time(1000).to(new Time(5000), step)), [1000, 3000, 5000])
})

test('spans and times show their milliseconds as text and as JSON', () => {
  assert.equal(`${seconds(1)}, ${new Time(5)}`, '1000 ms, 5 ms')
  assert.equal(JSON.stringify([seconds(1), new Time(5)]), '[1000,5]')
})

test('an interval is a whole number of milliseconds from 1 to what a timer takes', () => {
  assert.deepEqual([intervalMs(1), intervalMs(seconds(2)), intervalMs(2 ** 31 - 1)], [1, 2000, 2 ** 31 - 1])
  for (const odd of [0, -1, 1.5, NaN, 2 ** 31, '10', null, undefined, new Duration(0)])
    assert.throws(() => intervalMs(odd, 'slide'), { code: 'E_INTERVAL', message: /slide is / })
  assert.throws(() => intervalMs('10'), { message: /batch interval is "10"/ })
})

test('a batch interval that was meant in seconds is refused, and what was meant is proposed', () => {
  assert.equal(batchIntervalMs(10), 10)
  assert.throws(() => batchIntervalMs(9), { code: 'E_INTERVAL', next: ['seconds(9)', 'milliseconds(10)'] })
})

test('a point in time is a date with a zone, a Date, or milliseconds', () => {
  const noon = Date.UTC(2026, 0, 1, 12)
  assert.deepEqual(
    [
      '2026-01-01T12:00Z',
      '2026-01-01T12:00:00Z',
      '2026-01-01T12:00:00.000Z',
      '2026-01-01T13:00:00+01:00',
      '2026-01-01T11:00:00-01:00',
      new Date(noon),
      noon,
    ].map((instant) => instantMs(instant, 'start')),
    Array.from({ length: 7 }, () => noon),
  )
  for (const vague of ['2026-01-01', '2026-01-01T12:00:00', 'noon', '2026-01-01 12:00:00Z', ' 2026-01-01T12:00:00Z'])
    assert.throws(() => instantMs(vague, 'start'), { code: 'E_DATE', message: /start is ".*with a zone/ })
  for (const none of ['2026-13-01T00:00:00Z', NaN, new Date(NaN)])
    assert.throws(() => instantMs(none, 'start'), { code: 'E_DATE', message: /not a point in time\.$/ })
})
