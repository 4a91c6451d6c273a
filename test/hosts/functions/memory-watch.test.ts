import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryWatch } from '../../../lib/hosts/functions/memory-watch.ts'
import type { EngineEvent } from '../../../lib/model/events.ts'

const usedMb = process.memoryUsage.rss() / 2 ** 20

/** What a function with so much memory says at three calls. */
function saidWith(limitMb: number | undefined): string[] {
  const said: EngineEvent[] = []
  const AWS_LAMBDA_FUNCTION_MEMORY_SIZE = limitMb === undefined ? undefined : String(Math.round(limitMb))
  const environment = { AWS_LAMBDA_FUNCTION_NAME: 'clicks-dev-task', AWS_LAMBDA_FUNCTION_MEMORY_SIZE }
  const watch = memoryWatch(environment, 'task')
  for (let call = 0; call < 3; call++) watch({ event: (event) => said.push(event) })
  return said.map((event) => ('message' in event ? event.message : ''))
}

test('F39: a function that uses half of its memory says so once, with what to write', () => {
  const [message, ...more] = saidWith(1.6 * usedMb)
  assert.match(message, /^The function clicks-dev-task uses \d+ of its \d+ MB; .* task: \{ memorySize: … \}.*slots/)
  assert.deepEqual(more, [])
})

test('F39: one that uses nearly all says so once as well; with plenty, or where nobody knows, nothing', () => {
  assert.equal(saidWith(1.1 * usedMb).length, 1)
  assert.deepEqual(saidWith(4 * usedMb), [])
  assert.deepEqual(saidWith(undefined), [])
})
