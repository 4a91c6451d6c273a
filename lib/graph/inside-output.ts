import { AsyncLocalStorage } from 'node:async_hooks'

/*
 * An output that waits for the end of its own context would wait for itself. What it calls, in whatever depth and after
 * whatever awaits, can tell that it is inside one.
 */
const outputs = new AsyncLocalStorage<{ isOver: boolean }>()

/** Runs an output. */
export async function insideOutput(publish: () => void | Promise<void>): Promise<void> {
  const own = { isOver: false }
  try {
    await outputs.run(own, publish)
  } finally {
    own.isOver = true
  }
}

/** Whether an output that has not ended yet is among the callers. */
export const isInsideOutput = (): boolean => outputs.getStore()?.isOver === false

/** Runs something on behalf of nobody. */
export const outsideOutputs = <R>(act: () => R): R => outputs.exit(act)
