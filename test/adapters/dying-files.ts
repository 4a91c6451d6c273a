import { AsyncLocalStorage } from 'node:async_hooks'
import fs, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { OutputSink } from '../../lib/output/sink.ts'
import type { DyingCalls } from './dying-calls.ts'

const calls = new AsyncLocalStorage<DyingCalls>()

const orDie = <R>(body: () => Promise<R>): Promise<R> => calls.getStore()?.call(body, () => {}) ?? body()

const byPath = ['copyFile', 'link', 'mkdir', 'rename', 'rm', 'truncate', 'unlink', 'writeFile', 'appendFile'] as const
const byHandle = ['writeFile', 'appendFile', 'write', 'truncate', 'sync', 'datasync'] as const

/** From now on every call of this process that changes files asks whether the code that makes it dies there. */
for (const name of byPath) {
  const real = fs[name] as (...values: unknown[]) => Promise<unknown>
  Object.assign(fs, { [name]: (...values: unknown[]) => orDie(() => real(...values)) })
}
const open = fs.open
Object.assign(fs, { open: async (...values: Parameters<typeof open>) => mortal(await orDie(() => open(...values))) })
syncBuiltinESMExports()

function mortal(file: FileHandle): FileHandle {
  if (!calls.getStore()) return file
  for (const name of byHandle) {
    const real = file[name].bind(file) as (...values: unknown[]) => Promise<unknown>
    Object.assign(file, { [name]: (...values: unknown[]) => orDie(() => real(...values)) })
  }
  return file
}

/** `sink` as a process has it that ends at one of its calls to the file system. */
export const dyingWithFiles = <T>(
  sink: OutputSink<T, 'exactly-once'>,
  process: DyingCalls,
): OutputSink<T, 'exactly-once'> => ({
  ...sink,
  write: (records, delivery) => calls.run(process, () => sink.write(records, delivery)),
  finish: (batch) => calls.run(process, async () => sink.finish?.(batch)),
})
