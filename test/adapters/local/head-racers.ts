import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Another process that has opened the register and waits to be told `go`. */
export const racer = async (
  dir: string,
  name: string,
  { attempts, logBytesMax, pad }: RacerOptions,
): Promise<ChildProcess> => {
  const child = fork(join(import.meta.dirname, 'head-racer.ts'), [
    dir,
    name,
    `${attempts}`,
    `${logBytesMax}`,
    `${pad}`,
    join(dir, `${name}.wins`),
  ])
  await once(child, 'message')
  return child
}

interface RacerOptions {
  readonly attempts: number
  readonly logBytesMax: number
  readonly pad: number
}

export const exitOf = async (child: ChildProcess): Promise<unknown[]> =>
  child.exitCode === null && child.signalCode === null ? once(child, 'exit') : [child.exitCode, child.signalCode]

export const winsOf = (dir: string, name: string): number[] => {
  const file = join(dir, `${name}.wins`)
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).map(Number) : []
}
