import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { FunctionPool, type Told } from '../../../lib/hosts/offline/function-pool.ts'

/** A function that says in which process it runs, or ends that process in the middle of a call. */
const FUNCTION = `export const handler = async ({ ends }) => {
  if (ends) process.kill(process.pid, 'SIGKILL')
  return process.pid
}`

function poolOf(t: TestContext): FunctionPool {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pool-'))
  const bundle = join(folder, 'it.mjs')
  writeFileSync(bundle, FUNCTION)
  const settings = { name: 'it', bundle, folder, environment: process.env, memorySize: 128, timeout: 60 }
  const pool = new FunctionPool({ ...settings, wrote: () => {}, failed: () => {} })
  t.after(async () => {
    await pool.close()
    rmSync(folder, { recursive: true })
  })
  return pool
}

async function pidOf(pool: FunctionPool): Promise<number> {
  const told = await pool.invoke('{}')
  assert.equal(told.kind, 'done', JSON.stringify(told))
  return Number(told.payload)
}

async function isGone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await sleep(20)
  }
}

test('a process that is killed between two calls is not asked again, one killed within a call fails it', async (t) => {
  const pool = poolOf(t)
  const first = await pidOf(pool)
  assert.equal(await pidOf(pool), first, 'it stays warm')
  process.kill(first, 'SIGKILL')
  await isGone(first)
  await sleep(100)
  assert.notEqual(await pidOf(pool), first)

  const told = await pool.invoke('{ "ends": true }')
  const { errorMessage } = told as Extract<Told, { kind: 'failed' }>
  assert.equal(errorMessage, 'Runtime exited with error: SIGKILL')
  await pidOf(pool)
})
