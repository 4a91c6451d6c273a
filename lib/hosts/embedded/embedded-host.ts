import { systemCode } from '../../model/system-code.ts'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readdir } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import type { Clock } from '../../host/clock.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { ControlStore } from '../../host/control-store.ts'
import type { HeadStore } from '../../host/head-store.ts'
import type { TaskLauncher } from '../../host/launcher.ts'
import type { Log } from '../../host/log.ts'
import type { Random } from '../../host/random.ts'
import { asDirectoryError } from '../../adapters/local/folder.ts'
import { MemoryBlobStore } from '../../adapters/local/blob-memory.ts'
import { MemoryHeadStore } from '../../adapters/local/head-memory.ts'
import { systemClock } from '../../adapters/local/system-clock.ts'
import { systemRandom } from '../../adapters/local/system-random.ts'
import { loadedLater } from '../../model/loaded-later.ts'
import { warningOf } from '../../model/events.ts'
import type { Head } from '../../model/head.ts'
import { visibleLine } from '../../model/visible.ts'
import { appFolder, formerFolder } from '../program/app-folder.ts'
import type { TaskProgram } from '../../runtime/task/program.ts'
import type { TaskHost } from '../../runtime/task/execution.ts'

type NewLauncher = (program: TaskProgram, host: TaskHost) => TaskLauncher

/** What a process that embeds the engine may choose; the command line and tests set it before the program is loaded. */
export interface EmbeddedOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Where head, blobs and state live between runs; `null`: what the program says, else memory. */
  readonly dir: string | null
  /** 0: tasks run in this thread. */
  readonly workers: number
  /** Where tasks run instead; `null`: as `workers` says. */
  readonly launcher: NewLauncher | null
  /** The module that workers load to rebuild the graph. */
  readonly module: string | null
  readonly args: readonly string[]
  readonly batchesMax: number | null
  readonly resume: boolean
  /** One batch takes the input of all that were missed, instead of `sluice.catchUpMax` of them. */
  readonly skipMissed: boolean
  /** Operators and sources whose state or position may be given up where the program has no place for it. */
  readonly dropState: readonly string[]
  /** Begin anew even where `dir` holds an earlier run. */
  readonly fresh: boolean
  /** fsync what must survive a power cut. */
  readonly sync: boolean
  readonly write: (text: string) => void
}

/** Says on stderr what a program should know even when nobody listens: warnings, one line each. */
const warningLog: Log = {
  event: (event) => {
    const words = warningOf(event)
    if (words !== null) process.stderr.write(`sluice: ${visibleLine(words)}\n`)
  },
}

let options: EmbeddedOptions = {
  clock: systemClock,
  random: systemRandom,
  log: warningLog,
  dir: null,
  workers: 0,
  launcher: null,
  module: null,
  args: [],
  batchesMax: null,
  resume: false,
  skipMissed: false,
  dropState: [],
  fresh: false,
  sync: true,
  write: (text) => {
    process.stdout.write(text)
  },
}

export const embeddedOptions = (): EmbeddedOptions => options
export const setEmbeddedOptions = (changes: Partial<EmbeddedOptions>): void => {
  options = { ...options, ...changes }
}

export interface Stores {
  readonly head: HeadStore<Head>
  readonly control: ControlStore
  readonly blobs: BlobStore
}

/** Stores of one app: below `dir`, or in memory. Throws `E_DIRECTORY` where nothing can be written there. */
export async function openStores(dir: string | null, app: string, sync: boolean): Promise<Stores> {
  if (dir === null) return memoryStores()
  try {
    return await (await directoryStores()).openDirectoryStores(join(dir, app), sync)
  } catch (error) {
    throw asDirectoryError(dir, error)
  }
}

/** Who keeps nothing has no use for them. */
const directoryStores = loadedLater(() => import('./directory-stores.ts'))

const memoryStores = (): Stores => ({
  head: new MemoryHeadStore<Head>(),
  control: new MemoryHeadStore<unknown>(),
  blobs: new MemoryBlobStore(),
})

/** The folder of an app: that of its name, or the one that an earlier version made for the very same name. */
export async function folderOfApp(dir: string | null, name: string): Promise<string> {
  const [own, former] = [appFolder(name), formerFolder(name)]
  if (dir === null || former === own || former === '' || existsSync(join(dir, own))) return own
  if (!(await appsBelow(dir)).includes(former)) return own
  const head = await headIn(join(dir, former))
  if ((head?.conf['spark.app.name'] ?? former) === name) return former
  return own
}

/** The head in the folder of an app; `null` where nobody has written one. */
export async function headIn(folder: string): Promise<Head | null> {
  return (await directoryStores()).readHead(folder, options.sync)
}

/** The apps with a head below `dir`; none where it is no directory. Throws `E_DIRECTORY` where it cannot be read. */
export async function appsBelow(dir: string): Promise<string[]> {
  try {
    if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return []
    const entries = await readdir(dir, { withFileTypes: true })
    const isApp = await Promise.all(entries.map(async (entry) => entry.isDirectory() && hasHead(join(dir, entry.name))))
    return entries
      .filter((_, i) => isApp[i])
      .map(({ name }) => name)
      .sort()
  } catch (error) {
    throw asDirectoryError(dir, error)
  }
}

const hasHead = async (folder: string): Promise<boolean> =>
  (await readdir(folder)).some((file) => /^head-\d+\.log$/.test(file))

/** This process, in words that tell whether it is still there. */
export const thisHolder = (run: string): string => `${thisMachine()}:${process.pid}:${run.slice(0, 8)}`

/**
 * Where this process's number means this process: its host, and a mark of the machine and of the process numbers that
 * are seen from here. Containers may share a name and a directory, and none sees the processes of the other.
 */
function thisMachine(): string {
  const machine = readable(() => readFileSync('/etc/machine-id', 'utf8'))
  const place = machine + readable(() => readlinkSync('/proc/self/ns/pid'))
  if (place === '') return hostname()
  return `${hostname()}/${createHash('sha256').update(place).digest('hex').slice(0, 8)}`
}

/** Only Linux has them. */
function readable(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

/** Whether the process of a holder on this machine has ended; a holder elsewhere is believed until its lease ends. */
export function holderIsGone(holder: string): boolean {
  const [machine = '', pid] = holder.split(':')
  // Earlier versions gave the host alone.
  if (machine !== (machine.includes('/') ? thisMachine() : hostname())) return false
  if (Number(pid) === process.pid) return true
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return systemCode(error) === 'ESRCH'
  }
}
