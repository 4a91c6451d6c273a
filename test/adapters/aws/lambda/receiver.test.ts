import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LEASE_MS } from '../../../../lib/hosts/functions/receiver-lease.ts'
import { emulated } from '../emulated.ts'
import { deployed } from './deployment.ts'
import { countNumbers, numberServer } from './numbers-received.ts'

const servers = await emulated()
const { emulators, table, bucket } = servers
const program = fileURLToPath(new URL('./receiver-process.ts', import.meta.url))
const NUMBERS = 100

interface Life {
  readonly aheadMs?: number
  /** Killed at this block, before or after it is stored. */
  readonly killedAt?: readonly [block: number, when: 'before' | 'after']
}

/** One life of the receiver; its answer, or the signal that ended it. */
async function live(name: string, port: number, { aheadMs = 0, killedAt }: Life = {}): Promise<unknown> {
  const place = `s3://${bucket}/${name}`
  const given = [name, place, port, aheadMs, ...(killedAt ?? [0, 'before'])].map(String)
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...given], {
    env: { ...process.env, ...emulators.environment, SLUICE_TABLE: table, SLUICE_BUCKET: bucket },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  let said: unknown = null
  for await (const line of createInterface(child.stdout)) {
    if (line === 'stalled') child.kill('SIGKILL')
    else said = JSON.parse(line)
  }
  const [, signal] = await ended
  return said ?? signal
}

for (const [when, again] of [
  ['before', 0],
  ['after', 10],
] as const)
  test(
    `a life of a receiver that is killed in mid-block, ${when} that is stored: nothing is lost, ` +
      `and ${again === 0 ? 'nothing' : 'only what it had not acknowledged'} comes twice`,
    async () => {
      const server = await numberServer(NUMBERS)
      const { name, tick, saved } = await deployed(servers, countNumbers(server.port))
      assert.equal(await live(name, server.port, { killedAt: [3, when] }), 'SIGKILL')
      assert.equal(server.acknowledged(), 20)
      await tick()
      assert.equal(Object.keys((await saved()).at(-1)!).length, 20 + again)

      assert.deepEqual(await live(name, server.port), { busy: true }, 'it is taken to live on')
      const next = live(name, server.port, { aheadMs: LEASE_MS })
      while (server.acknowledged() < NUMBERS) await new Promise((resolve) => setTimeout(resolve, 50))
      await tick()
      await tick()
      const counts = Object.entries((await saved()).at(-1)!)
      assert.equal(counts.length, NUMBERS)
      assert.equal(counts.filter(([, count]) => count === 2).length, again)
      assert.equal(counts.filter(([, count]) => count > 2).length, 0)
      const answer = (await next) as { readonly busy: boolean }
      assert.equal(answer.busy, false, JSON.stringify(answer))
      server.close()
    },
  )
