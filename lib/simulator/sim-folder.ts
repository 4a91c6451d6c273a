import { type FilesManifest, filesIn } from '../adapters/file-sink/files.ts'
import type { FilePlace } from '../output/file-place.ts'
import type { OutputSink } from '../output/sink.ts'
import type { Ports } from './ports.ts'
import type { SimProcess } from './sim-process.ts'
import type { MayWrite } from './sink-rows.ts'

/** Folders in a store of objects, written by the rules of the sink for files. */
export class SimFolders {
  readonly #ports: Ports
  readonly #objects = new Map<string, Uint8Array>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  folder(name: string, process: SimProcess, mayWrite: MayWrite): OutputSink<unknown> {
    return filesIn(this.#place(`${name}/`, process, mayWrite), { format: 'ndjson' })
  }

  #place(prefix: string, process: SimProcess, mayWrite: MayWrite): FilePlace {
    const objects = this.#objects
    const call = <T>(operation: string, name: string, changes: boolean, does: () => T): Promise<T> =>
      this.#ports.call(process, { port: 'sink', operation, about: prefix + name, changes }, async () => does())
    return {
      shown: prefix,
      ready: async () => {},
      read: (name) => call('read', name, false, () => objects.get(prefix + name) ?? null),
      put: (name, bytes) =>
        call('put', name, true, () => {
          const batch = batchIn(name)
          if (batch !== null) mayWrite(batch)
          objects.set(prefix + name, bytes)
        }),
      putFirst: (name, bytes) =>
        call('put', name, true, () => {
          if (!objects.has(prefix + name)) objects.set(prefix + name, bytes)
        }),
      sizes: (names) =>
        call('list', '', false, () => {
          const found = names.filter((name) => objects.has(prefix + name))
          return new Map(found.map((name) => [name, objects.get(prefix + name)!.length]))
        }),
    }
  }

  /** What readers see who go by the manifests; `null`: there is no manifest at all. */
  rowsOf(name: string, batch: number): unknown[] | null {
    const manifests = [...this.#objects]
      .filter(([path]) => path.startsWith(`${name}/${MANIFEST}`) && path.endsWith('.json'))
      .map(([, bytes]) => JSON.parse(textOf(bytes)) as FilesManifest)
    if (manifests.length === 0) return null
    return manifests
      .filter((manifest) => manifest.batch === batch)
      .flatMap(({ files }) => files.flatMap((file) => this.#linesOf(`${name}/${file.name}`, file.bytes)))
  }

  #linesOf(path: string, length: number): unknown[] {
    const bytes = this.#objects.get(path)
    if (bytes?.length !== length) return [`${path} is not as its manifest says`]
    return textOf(bytes)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown)
  }
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** The batch that a name says: of manifests it comes first, of files last but one; the owner's has none. */
function batchIn(name: string): number | null {
  const parts = name.startsWith(MANIFEST)
    ? name.slice(MANIFEST.length).split('-').slice(0, 1)
    : name.split('-').slice(-2)
  const batch = Number(parts[0])
  return Number.isInteger(batch) ? batch : null
}
const MANIFEST = '_manifest/'
