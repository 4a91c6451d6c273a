import { FileCutter, type FileLister, type FilePosition, type Listing } from '../source/file-cut.ts'
import type { ListedFile } from '../source/file-selection.ts'
import { type FileSplit, wholeFile } from '../source/file-splits.ts'
import type { Source } from '../source/source.ts'
import type { StoreChoice } from '../source/unseen-files.ts'
import type { Ports } from './ports.ts'
import type { SimProcess } from './sim-process.ts'
import type { SimLog } from './sim-source.ts'

/** A file appears at most so long after its time of modification, in ms. */
const LATE_MS = 2500
/** So few that a listing takes several requests. */
const PAGE_FILES = 100

interface SimFile extends ListedFile {
  readonly visibleAt: number
  readonly records: readonly unknown[]
}

const known = new WeakMap<SimLog, ReadonlyMap<string, SimFile>>()

/** A log as a folder: each of its records is a file. Some of them become visible late, as in a store of objects. */
export function filesOf(log: SimLog): ReadonlyMap<string, SimFile> {
  const files = known.get(log) ?? new Map(log.partitions.flatMap((each, p) => each.map((at, i) => fileOf(p, i, at))))
  known.set(log, files)
  return files
}

function fileOf(p: number, i: number, { time, record }: SimLog['partitions'][number][number]): [string, SimFile] {
  const path = `${FOLDER}/${p}-${String(i).padStart(5, '0')}`
  const size = JSON.stringify(record).length
  const mtimeMs = Math.floor(time) - (((i + 3) * 7919) % 5 === 0 ? LATE_MS : 0)
  return [path, { path, mtimeMs, size, visibleAt: time, records: [record] }]
}

const FOLDER = 'folder'

/** The folder as one process sees it. */
export function fileSource(log: SimLog, choice: StoreChoice, ports: Ports, process: SimProcess): Source<unknown> {
  const call = <T>(operation: string, about: string, does: () => T): Promise<T> =>
    ports.call(process, { port: 'source', operation, about, changes: false }, async () => does())
  const page = (after: string): Listing => {
    const now = ports.world.now()
    const behind = [...filesOf(log).values()].filter(({ path, visibleAt }) => visibleAt <= now && path > after)
    const files = behind.toSorted((a, b) => (a.path < b.path ? -1 : 1))
    const shown = files.slice(0, PAGE_FILES)
    const last = shown.at(-1)?.path
    return {
      files: shown,
      more: files.length > PAGE_FILES,
      ...(last === undefined ? {} : { last }),
    }
  }
  const lister: FileLister = {
    async *pages(_directory, after) {
      for (let from = after; ;) {
        const listing = await call('cut', log.name, () => page(from))
        yield listing
        if (!listing.more) return
        from = listing.last!
      }
    },
  }
  const cutter = new FileCutter(FOLDER, lister, choice, (file) => [wholeFile(file)])
  const source: Source<unknown, FilePosition, FileSplit> = {
    name: `folder ${log.name}`,
    cut: (request) => cutter.cut(request),
    async *read({ path }) {
      yield await call('read', path, () => filesOf(log).get(path)!.records)
    },
    committed: (position, io) => cutter.committed(position, io),
  }
  return source
}
