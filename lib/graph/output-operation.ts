import type { AppName, BatchNumber, Incarnation, OperatorUid } from '../model/ids.ts'
import type { Clock } from '../host/clock.ts'
import type { AwsRight } from '../model/aws-right.ts'
import type { Manifest, StagedPart } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import type { DirectoryWriter } from '../output/directory-writer.ts'
import type { Kept } from '../lineage/kept-records.ts'
import type { Sink } from '../lineage/node.ts'
import type { Driver } from '../lineage/driver.ts'
import type { SetAsideRecord } from '../lineage/tolerant-runner.ts'

/**
 * An output operation in two halves. Tasks `stage` each partition: its content is fixed and committed before anyone
 * outside sees it. After the commit `publish` shows it; it may run again after a crash, always with the same content.
 */
export interface OutputOperation {
  readonly guarantee: 'exactly-once' | 'at-least-once'
  readonly order?: OutputOrder
  /** Whether it writes to a place that may be away for a while. */
  readonly isSink?: boolean
  /** The directories that it puts files into; an example where their names hold a time. */
  readonly folders?: readonly string[]
  /** Where it writes, for people. */
  readonly address?: string
  /** See `OutputSink.awsRights`. */
  readonly awsRights?: readonly AwsRight[]
  /**
   * Only so many first records of a partition are staged; which come first may be others when the batch is computed
   * anew.
   */
  readonly prefix?: number
  /** See `OutputSink.ready`. */
  ready?(): Promise<unknown>
  stage(): OutputStager
  publish(batch: OutputBatch): void | Promise<void>
}

/**
 * Whether an output is shown `after` the commit of its batch (the default) or `before` it. Before, it is seen earlier
 * by the time of the commit, and holds the batch up while it fails. The batch's plan is then stored first, and a crash
 * repeats exactly that plan: so the program's functions must give the same for the same records every time.
 */
export type OutputOrder = 'after' | 'before'

/** What `output` takes last. */
export interface OutputOptions {
  /** When the output is shown; `after` the commit if it is left out. */
  readonly order?: OutputOrder
}

export interface OutputStager {
  readonly sink: Sink<any>
  /** What is kept of the partition, in order. */
  finish(): Kept<unknown>
}

/** Keeps the records of a batch that an output was shown without, at most so many. */
interface SettingAside {
  readonly max: number
  keep(records: readonly SetAsideRecord[]): void
}

export interface OutputBatch {
  readonly batch: BatchNumber
  readonly timeMs: number
  readonly output: OperatorUid
  readonly parts: readonly StagedPart[]
  /** What the batch read of each source, by uid. */
  readonly cuts: Manifest['cuts']
  /** The staged bytes of a part: a block with the records in section 0. */
  read(ref: BlobRef): Promise<Uint8Array>
  /** Gives copies of the same records, where this process has just staged them; `null`: read them. */
  staged?(ref: BlobRef): (() => unknown[]) | null
  /** Where records that make the output fail may be left out. */
  readonly setAside?: SettingAside
  readonly environment: OutputEnvironment
}

/** What publishing may touch. */
export interface OutputEnvironment {
  readonly app: AppName
  readonly inc: Incarnation
  /** Where `print` writes: bytes as Spark writes them. */
  write(text: string): void
  readonly files: DirectoryWriter
  /** What retrying sinks wait by; without one they try again at once. */
  readonly clock?: Clock
  /** Aborted when the process is told to stop at once. */
  readonly signal?: AbortSignal
  /** When that will be, by `clock`, where it is known. */
  readonly notAfter?: number
  readonly driver: Driver
}
