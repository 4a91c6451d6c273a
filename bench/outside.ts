import { spawn } from 'node:child_process'
import type { Meter } from './meter.ts'

/** What a program in another language says of itself in the last line of its output. */
interface OutsideRun {
  readonly walls_ms: readonly number[]
  /** Of the whole process with all its threads. */
  readonly cpus_s: readonly number[]
  readonly cold_ms: number
  readonly peak_rss_mb: number
  readonly checksum: string
}

/** Runs a contender to its end and puts its batches on the clock. What it says beside its result is shown if it fails. */
export async function measureOutside(meter: Meter, command: string, args: readonly string[]): Promise<OutsideRun> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      said[name] += String(chunk)
    })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`${command} ended with code ${code}:\n${said.stderr.slice(-4_000)}`)
  const run = JSON.parse(said.stdout.trim().split('\n').at(-1)!) as OutsideRun
  meter.take(run)
  return run
}
