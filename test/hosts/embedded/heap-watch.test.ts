import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const heapWatch = new URL('../../../lib/hosts/embedded/heap-watch.ts', import.meta.url)

/** How often a process that may hold 100 MB says that it holds much of them. */
async function timesSaid(steps: string): Promise<number> {
  const program = `
import { setTimeout as sleep } from 'node:timers/promises'
import { HeapWatch } from '${heapWatch.href}'
let said = 0
const watch = new HeapWatch({ event: () => said++ }, 'This process', () => null)
watch.open()
const held = []
const hold = async (megabytes) => {
  while (held.length < 4 * megabytes) held.push(new Array(2 ** 15).fill(held.length))
  for (const ms of [400, 50]) {
    await sleep(ms)
    gc()
  }
  await sleep(50)
}
${steps}
console.log(said)`
  const args = ['--expose-gc', '--max-old-space-size=100', '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return Number(stdout)
}

test('a process says once that it holds half of its memory, and once most, until the watch is closed', async () => {
  assert.equal(await timesSaid('await hold(60); await hold(73)'), 2)
  assert.equal(await timesSaid('await hold(73)'), 1)
  assert.equal(await timesSaid('await hold(60); watch.close(); await hold(73)'), 1)
  assert.equal(await timesSaid('watch.close(); await hold(73)'), 0)
  assert.equal(await timesSaid('await hold(30)'), 0)
})
