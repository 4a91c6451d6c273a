// First, so that the engine that it installs is replaced below and not the other way round.
import './install.ts'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installEngine } from '../../api/dstream/engine.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import { useOwnPackage } from './own-package.ts'

/**
 * Loads a program for its graph alone: `start()` hands the context over instead of running it, and `awaitTermination()`
 * never returns. Works for programs that export an app and for those that start a context themselves.
 */
export function loadGraph(module: string, args: readonly string[]): Promise<StreamingContext> {
  useOwnPackage()
  process.argv = [process.argv[0], resolve(module), ...args]
  return new Promise((found, failed) => {
    installEngine(
      (context) => ({
        start: () => found(context),
        stop: async () => {},
        elapse: () => new Promise(() => {}),
        slice: () => new Promise(() => {}),
      }),
      { defaultDirectory: () => ':task:', read: async () => null },
    )
    import(pathToFileURL(resolve(module)).href)
      .then((loaded: { default?: { build?(): StreamingContext } }) => {
        loaded.default?.build?.().start()
      })
      .catch(failed)
  })
}
