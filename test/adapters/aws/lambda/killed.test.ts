import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DynamoHeadStore } from '../../../../lib/adapters/aws/dynamo/dynamo-head-store.ts'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { leaseMs } from '../../../../lib/checkpoint/decide.ts'
import type { Head } from '../../../../lib/model/head.ts'
import { emulated } from '../emulated.ts'

const { emulators, clients, table, bucket, fresh } = await emulated()
const MINUTE = 60_000
const program = fileURLToPath(new URL('./killed-program.ts', import.meta.url))

/**
 * One invocation of the coordinator; `stall`: killed with SIGKILL while its batch computes; `hold`: after it has shown
 * that it holds the app.
 */
async function invoke(name: string, time: number, mode: 'run' | 'stall' | 'hold'): Promise<unknown> {
  const env = { ...process.env, ...emulators.environment, SLUICE_TABLE: table, SLUICE_BUCKET: bucket }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, name, String(time), mode], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let said: unknown = null
  for await (const line of createInterface(child.stdout)) {
    if (line === 'computing') child.kill('SIGKILL')
    else said = JSON.parse(line)
  }
  const [code, signal] = await ended
  return mode === 'run' ? (said ?? code) : signal
}

test('F01: an app whose coordinator is killed in its batch, before it showed that it holds it, goes on at once', () =>
  goesOn('stall', 0))

test('F01: an app whose coordinator is killed in a long batch goes on a lease and a tick later', () =>
  goesOn('hold', leaseMs(MINUTE, 0) + MINUTE))

async function goesOn(mode: 'stall' | 'hold', withinMs: number): Promise<void> {
  const name = `t${fresh()}`
  await new S3BlobStore(clients, bucket, `${name}/`).putNew('in/1', Buffer.from('a\nb\nc\n'))
  const zero = Date.parse('2026-01-01T00:00:10Z')
  const killed = zero + MINUTE
  assert.deepEqual(await invoke(name, zero, 'run'), { busy: false, batches: 0, committed: 0 })
  assert.equal(await invoke(name, killed, mode), 'SIGKILL')
  const head = (await new DynamoHeadStore<Head>(clients, table, name).read())!.value
  assert.deepEqual([head.holder === null, head.committed], [mode === 'stall', 0])

  let [time, answer] = [killed, await invoke(name, killed, 'run')]
  for (; (answer as { busy: boolean }).busy; answer = await invoke(name, time, 'run')) time += MINUTE
  assert.ok(time - killed <= withinMs, `it stood still for ${(time - killed) / 1000} s`)
  assert.equal((answer as { committed: number }).committed > 0, true)
  const out = new S3BlobStore(clients, bucket, `${name}/out/`)
  const batches = (await out.list('')).filter((key) => key.endsWith('part-00000'))
  const counts = await Promise.all(
    batches.map(async (key) =>
      Buffer.from(await out.get(key))
        .toString()
        .trim(),
    ),
  )
  assert.deepEqual(
    counts.map(Number).reduce((a, b) => a + b, 0),
    3,
  )
}
