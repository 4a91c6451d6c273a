import { appsBelow } from '../../../lib/hosts/embedded/embedded-host.ts'
import { openDirectoryHead } from '../../../lib/adapters/local/head-directory.ts'
import type { World } from './world.ts'

interface Written {
  readonly timeMs: number
  readonly bytes: readonly number[]
}

/** The register of a directory: what was written last is what a restart finds, whatever the times inside say. */
export class CheckpointStoreObject {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  async write(checkpoint: Written): Promise<void> {
    await this.#use(async (head) => {
      const rev = (await head.read())?.rev ?? 0
      if ((await head.cas(rev, checkpoint, 'commit')) !== 'written') throw new Error('refused')
    })
  }

  listNewestFirst(): Promise<unknown> {
    return this.#use(async (head) => (await head.history()).map(({ value }) => value.bytes).reverse())
  }

  /** The checkpoints of apps below a directory. */
  list(directory: string): Promise<string[]> {
    return appsBelow(directory)
  }

  async #use<T>(use: (head: Awaited<ReturnType<typeof openDirectoryHead<Written>>>) => Promise<T>): Promise<T> {
    const head = await openDirectoryHead<Written>(this.#world.bed.folder('dir'), { sync: false })
    try {
      return await use(head)
    } finally {
      await head.close()
    }
  }
}
