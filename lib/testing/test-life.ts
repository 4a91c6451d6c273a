import type { BlobStore } from '../host/blob-store.ts'
import type { HeadStore } from '../host/head-store.ts'
import type { TaskLauncher } from '../host/launcher.ts'
import type { Head } from '../model/head.ts'

/**
 * Where in a batch a process may be made to die; `{ call: n }`: at its n-th call of a store or a task, counted from
 * when the test asked for it.
 */
export type CrashPoint =
  | 'before-task'
  | 'mid-task'
  | 'after-task'
  | 'before-commit'
  | 'after-commit'
  | 'mid-output'
  | 'after-output'
  | { readonly call: number }

export const CRASH_POINTS: readonly Exclude<CrashPoint, object>[] = [
  'before-task',
  'mid-task',
  'after-task',
  'before-commit',
  'after-commit',
  'mid-output',
  'after-output',
]

/** Decides whether a process dies here. */
export type Reaper = (point: Exclude<CrashPoint, object> | 'call') => boolean

/**
 * One life of the program's process. When it ends, whatever its code waits for never comes, and only the stores
 * remember anything.
 */
export class TestLife {
  readonly died: Promise<void>
  readonly #reaper: Reaper
  #tellDeath: () => void = () => {}
  #alive = true

  constructor(reaper: Reaper) {
    this.#reaper = reaper
    this.died = new Promise((resolve) => {
      this.#tellDeath = resolve
    })
  }

  end(): void {
    this.#alive = false
    this.#tellDeath()
  }

  /** Goes on, or never does. `null` where there is nothing to wait for. */
  at(point: Parameters<Reaper>[0]): Promise<never> | null {
    if (this.#alive && this.#reaper(point)) this.end()
    return this.#alive ? null : never()
  }

  head(store: HeadStore<Head>): HeadStore<Head> {
    return {
      read: async () => {
        await this.at('call')
        return store.read()
      },
      cas: async (expected, value, cause) => {
        await this.at('call')
        if (cause === 'commit') await this.at('before-commit')
        if (cause === 'mark') await this.at('after-output')
        const answer = await store.cas(expected, value, cause)
        if (cause === 'commit') await this.at('after-commit')
        return answer
      },
      close: () => store.close(),
    }
  }

  blobs(store: BlobStore): BlobStore {
    const guarded = async <T>(call: () => Promise<T>): Promise<T> => {
      await this.at('call')
      return call()
    }
    return {
      putNew: (key, bytes) => guarded(() => store.putNew(key, bytes)),
      get: (key) => guarded(() => store.get(key)),
      getRange: (key, offset, length) => guarded(() => store.getRange(key, offset, length)),
      list: (prefix) => guarded(() => store.list(prefix)),
      delete: (key) => guarded(() => store.delete(key)),
    }
  }

  launcher(inner: TaskLauncher): TaskLauncher {
    return {
      slots: inner.slots,
      launch: async (spec, signal) => {
        await this.at('call')
        await this.at('before-task')
        const report = await inner.launch(spec, signal)
        await this.at('after-task')
        return report
      },
      close: () => inner.close(),
    }
  }
}

const never = (): Promise<never> => new Promise<never>(() => {})
