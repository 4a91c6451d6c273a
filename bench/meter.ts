import { cpuSeconds, peakRssMb } from './usage.ts'

/** Times batches one by one: what happens between two calls of `batch` (making the next input) is not counted. */
export class Meter {
  readonly #walls: number[] = []
  readonly #cpus: number[] = []
  /** Wall time of the first batch ever, before anything was compiled. */
  coldMs: number | null = null
  /**
   * The most memory the process had up to the last batch: filling state and warming up count, checking the answer does
   * not.
   */
  peakRssMb = 0

  /** A batch that runs but is not counted: warm-up, or state being filled. */
  async warm(run: () => unknown): Promise<void> {
    const begun = performance.now()
    await run()
    this.coldMs ??= performance.now() - begun
  }

  async batch(run: () => unknown): Promise<void> {
    const cpu = cpuSeconds()
    const begun = performance.now()
    await run()
    this.#walls.push(performance.now() - begun)
    this.#cpus.push(cpuSeconds() - cpu)
    this.peakRssMb = peakRssMb()
  }

  /** Batches that another process has timed. */
  take(run: {
    readonly walls_ms: readonly number[]
    readonly cpus_s: readonly number[]
    readonly cold_ms: number
    readonly peak_rss_mb: number
  }): void {
    for (const ms of run.walls_ms) this.#walls.push(ms)
    for (const seconds of run.cpus_s) this.#cpus.push(seconds)
    this.coldMs = run.cold_ms
    this.peakRssMb = run.peak_rss_mb
  }

  get batches(): number {
    return this.#walls.length
  }
  get wallSeconds(): number {
    return this.#walls.reduce((sum, ms) => sum + ms, 0) / 1000
  }
  get cpuSeconds(): number {
    return this.#cpus.reduce((sum, each) => sum + each, 0)
  }
  /** Of the CPU time of batches, which other work on the machine moves less than it moves wall time. */
  quantileCpuMs(q: number): number {
    return quantile(this.#cpus, q) * 1000
  }
  quantileMs(q: number): number {
    return quantile(this.#walls, q)
  }
}

/** The value below which a share `q` of the values lies; 0 where there are none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}

/** Everything that setting up has left behind is gone before the clock starts. */
export const collectGarbage = (): void => {
  ;(globalThis as { gc?: () => void }).gc?.()
}
