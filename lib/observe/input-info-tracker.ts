import type { StreamInputInfo } from './streaming-listener.ts'

const NONE: ReadonlyMap<number, StreamInputInfo> = new Map()

/** How much each input stream contributed to each batch that is not over yet (Spark: `InputInfoTracker`). */
export class InputInfoTracker {
  readonly #batches = new Map<number, Map<number, StreamInputInfo>>()

  /** A later report of the same stream replaces the earlier: some sources learn the number only from reading. */
  report(time: number, info: StreamInputInfo): void {
    const batch = this.#batches.get(time) ?? new Map<number, StreamInputInfo>()
    this.#batches.set(time, batch.set(info.inputStreamId, info))
  }

  /** By id of the stream. */
  infoOf(time: number): ReadonlyMap<number, StreamInputInfo> {
    return this.#batches.get(time) ?? NONE
  }

  /** Forgets batches before `time`. */
  cleanup(time: number): void {
    for (const batch of this.#batches.keys()) if (batch < time) this.#batches.delete(batch)
  }
}
