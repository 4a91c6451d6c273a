import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { jobs } from '../../lib/simulator/jobs/jobs.ts'
import { jobSubject } from '../../lib/simulator/jobs/job-subject.ts'
import { type Ambient, installAmbient, refusing } from '../../lib/simulator/ambient.ts'
import { simulateSubject } from '../../lib/simulator/simulate.ts'
import type { Subject } from '../../lib/simulator/subject.ts'

const asking: Record<string, () => unknown> = {
  'Date.now()': () => Date.now(),
  'new Date()': () => new Date(),
  'Date()': () => Date(),
  'Math.random()': () => Math.random(),
  'randomUUID()': () => randomUUID(),
  'setTimeout()': () => setTimeout(() => {}, 1),
  'setInterval()': () => setInterval(() => {}, 1),
}

/** A job whose record-wise functions do something on the way. */
function disturbed(ask: () => unknown): Subject {
  const [job] = jobs
  return jobSubject({
    ...job,
    define: (ssc, outside, life) =>
      job.define(ssc, { ...outside, source: (name) => withRead(outside.source(name), ask) }, life),
  })
}

const withRead = (
  source: ReturnType<Parameters<(typeof jobs)[number]['define']>[1]['source']>,
  ask: () => unknown,
): typeof source => ({
  ...source,
  read: (split, io) => {
    ask()
    return source.read(split, io)
  },
})

for (const [name, ask] of Object.entries(asking)) {
  test(`engine code that calls ${name} in a simulation does not pass`, async () => {
    const { violations } = await simulateSubject(disturbed(ask), { seed: 3, workers: 0, faults: 'none', ticks: 3 })
    assert.match(
      violations[0]?.what ?? '',
      new RegExp(`${name.replaceAll(/[().]/g, '\\$&')} was called in a simulation`),
    )
  })
}

test('the same job passes when nobody asks', async () => {
  assert.deepEqual(
    (
      await simulateSubject(
        disturbed(() => new Date(0)),
        { seed: 3, workers: 0, faults: 'none', ticks: 3 },
      )
    ).violations,
    [],
  )
})

test('a program is answered with virtual time and seeded randomness, and gets the real ones back afterwards', () => {
  const used: string[] = []
  const ambient: Ambient = { now: () => 86_400_000, next: () => 0.5, used: (what) => used.push(what), timers: 'real' }
  const before = { date: Date, random: Math.random, timeout: setTimeout, uuid: randomUUID }
  const restore = installAmbient(ambient)
  assert.deepEqual(
    [Date.now(), new Date().toISOString(), new Date(5).getTime(), Math.random(), randomUUID()],
    [86_400_000, '1970-01-02T00:00:00.000Z', 5, 0.5, '88888888-8888-8888-8888-888888888888'],
  )
  assert.ok(new Date() instanceof Date && Date.UTC(1970, 0, 1) === 0)
  restore()
  assert.deepEqual(used, ['Date.now()', 'new Date()', 'Math.random()', 'randomUUID()', 'new Date()'])
  assert.deepEqual({ date: Date, random: Math.random, timeout: setTimeout, uuid: randomUUID }, before)
})

test('the trap itself is put away when a simulation ends', async () => {
  await simulateSubject(
    disturbed(() => {}),
    { seed: 3, workers: 0, faults: 'none', ticks: 1 },
  )
  assert.ok(Date.now() > 0 && Math.random() < 1)
  assert.throws(() => {
    const restore = installAmbient(refusing)
    try {
      Date.now()
    } finally {
      restore()
    }
  }, /Date\.now\(\) was called in a simulation/)
})
