import type { BlobReader, BlobStore } from '../host/blob-store.ts'
import type { ControlStore } from '../host/control-store.ts'
import type { Versioned } from '../host/head-store.ts'
import type { SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import type { Verdict } from '../verify/history.ts'
import { directoryPlace } from './directory-place.ts'
import { usageError } from './usage.ts'

/** Where apps are stored: a directory, or a stage on AWS. Commands know no other difference. */
export interface StoredPlace {
  /** As a command line names it: `state`, or `--stage prod`. */
  readonly typed: string
  /** Names of the apps that have a head there. */
  apps(): Promise<readonly string[]>
  /** What to say where there are none. */
  noApp(): SluiceError
  /** One app, for who only looks: no trace is left. */
  look(app: string): LookedAtApp
  /** Its objects, for who also leaves word. */
  blobs(app: string): Promise<BlobStore>
  /** What is wrong with what is stored, if anything. */
  verify(app: string): Promise<Verdict>
  /** Whether a holder can be seen to have ended; one that cannot be seen is believed until its lease ends. */
  isGone(holder: string): boolean
  /** Whether a schedule wakes what runs there: nobody holds an app in between. */
  readonly isTicked: boolean
  /** What shows why no batch comes, besides what is stored. */
  readonly logs: string | null
}

interface LookedAtApp {
  readonly blobs: BlobReader
  readonly control: ControlStore
  head(): Promise<Versioned<Head> | null>
}

/** Flags of all commands that look at what is stored. */
export const placeFlags = {
  stage: { kind: 'text' },
  at: { kind: 'text' },
  table: { kind: 'text' },
  bucket: { kind: 'text' },
} as const

/** What these flags were given. */
export interface PlaceValues {
  readonly stage: string | null
  /** A file with the answer of the plugin, for who has it already. */
  readonly at: string | null
  readonly table: string | null
  readonly bucket: string | null
}

interface Located {
  readonly place: StoredPlace
  /** The words that do not say where. */
  readonly words: readonly string[]
}

/**
 * Where the app of a command line is: its first word is a directory, unless a flag names a stage. Throws `E_USAGE`
 * where nothing says so.
 */
export async function storedPlace(command: string, values: PlaceValues, words: readonly string[]): Promise<Located> {
  if (values.stage !== null || values.table !== null)
    return { place: await (await import('./stage-stores.ts')).openStage(values), words }
  const [dir, ...rest] = words
  if (dir === undefined)
    throw usageError(
      `${command} needs the directory of a run, or --stage and the name of one.`,
      `sluice ${command} .sluice`,
      `sluice ${command} --stage dev`,
    )
  return { place: directoryPlace(dir), words: rest }
}
