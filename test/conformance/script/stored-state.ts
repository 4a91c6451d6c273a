import { openStores, appsBelow } from '../../../lib/hosts/embedded/embedded-host.ts'
import { getBlob } from '../../../lib/checkpoint/blobs.ts'
import type { BlobRef } from '../../../lib/model/refs.ts'
import { storedManifest } from './creator.ts'
import type { World } from './world.ts'

/** The state that the checkpoint directory holds. */
export class StoredStateObject {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** The objects of the newest state; each of them can be read. */
  async checkpointFilesNonEmptyAndExist(): Promise<string[]> {
    const refs = await this.#refs()
    for (const ref of refs) if ((await this.#read(ref)).length === 0) throw new Error(`${ref.key} is empty`)
    return refs.map((ref) => ref.key)
  }

  async restoredNonEmpty(): Promise<boolean> {
    return (await this.checkpointFilesNonEmptyAndExist()).length > 0
  }

  /** Whether those that an earlier check found are neither stored nor wanted any more. */
  async filesDeleted(name: string): Promise<boolean> {
    const before = this.#world.objects.get(name) as string[]
    const now = new Set((await this.#refs()).map((ref) => ref.key))
    const stored = new Set(await (await this.#stores()).blobs.list(''))
    return before.every((key) => !now.has(key) && !stored.has(key))
  }

  async #refs(): Promise<BlobRef[]> {
    const manifest = await storedManifest(this.#directory)
    return Object.values(manifest!.state).flatMap(({ chains }) =>
      chains.flatMap(({ blocks }) => blocks.map((block) => block.ref)),
    )
  }

  async #read(ref: BlobRef): Promise<Uint8Array> {
    return getBlob((await this.#stores()).blobs, ref)
  }

  async #stores(): Promise<Awaited<ReturnType<typeof openStores>>> {
    const [app] = await appsBelow(this.#directory)
    const stores = await openStores(this.#directory, app, false)
    await stores.head.close()
    return stores
  }

  get #directory(): string {
    return this.#world.bed.folder('dir')
  }
}
