import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { InputFile } from './data.ts'
import type { Measured } from './child.ts'
import type { Size } from './workload.ts'

/** A B, B A, A B …: whatever drifts while it runs hits both. */
export const orderOf = <T>(variants: readonly T[], round: number): T[] =>
  round % 2 === 0 ? variants.toReversed() : [...variants]

/** One variant once, in a process of its own. */
export function runOnce(
  workload: string,
  variant: string,
  size: Size,
  inputs: readonly InputFile[],
  nodeArgs: readonly string[] = [],
): Promise<Measured> {
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      ...nodeArgs,
      join(import.meta.dirname, 'child.ts'),
      workload,
      variant,
      size,
      JSON.stringify(inputs),
    ],
    {
      stdio: ['ignore', 2, 2, 'pipe'],
    },
  )
  let said = ''
  child.stdio[3]!.on('data', (chunk: Buffer) => {
    said += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0
        ? resolve(JSON.parse(said) as Measured)
        : reject(new Error(`${workload} ${variant} ended with code ${code}`)),
    )
  })
}
