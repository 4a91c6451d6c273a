// First, so that the engine that it installs is replaced below and not the other way round.
import './install.ts'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installEngine } from '../../api/dstream/engine.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import { loadProgram, nothingStarted } from './load-program.ts'
import { useOwnPackage } from './own-package.ts'

/**
 * Loads a program for its graph alone: `start()` hands the context over instead of running it, and `awaitTermination()`
 * never returns. Works for programs that export an app and for those that start a context themselves. Throws what
 * `loadProgram` throws, what the definition throws, and `E_NOT_STARTED`.
 */
export async function loadGraph(module: string, args: readonly string[]): Promise<StreamingContext> {
  useOwnPackage()
  process.argv = [process.execPath, resolve(module), ...args]
  const started = Promise.withResolvers<StreamingContext>()
  let isStarted = false
  installEngine(
    (context) => ({
      start: () => {
        isStarted = true
        started.resolve(context)
      },
      stop: async () => {},
      elapse: () => new Promise(() => {}),
      slice: () => new Promise(() => {}),
    }),
    { defaultDirectory: () => ':task:', read: async () => null },
  )
  const program = loadProgram(pathToFileURL(resolve(module)).href, { started: () => isStarted })
  const ended = program.then((loaded) => {
    if (loaded.kind === 'app') loaded.app.build().start()
    else if (!isStarted) throw nothingStarted(resolve(module))
    return started.promise
  })
  return Promise.race([started.promise, ended])
}
