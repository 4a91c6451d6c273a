import type { RunProgram } from '../../host/run-program.ts'
import { systemCode } from '../../model/system-code.ts'

/** In a process of its own, which inherits the environment; returns when that has ended. */
export const runProgram: RunProgram = (program, args, { input, env }) => {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const { stdout, stderr, status, signal, error } = spawnSync(program, args, {
    input,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    maxBuffer: Infinity,
  })
  // A program may end before it has read everything, as `head` does.
  const failed = error !== undefined && systemCode(error) !== 'EPIPE'
  const ended = { stdout: stdout ?? '', stderr: stderr ?? '' }
  if (failed || status !== 0) return { ...ended, failure: error?.message ?? `status ${status ?? signal}` }
  return { ...ended, failure: null }
}
