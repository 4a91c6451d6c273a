import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Log } from '../../host/log.ts'
import type { Manifest } from '../../model/manifest.ts'

/** From which shares of its heap on a thread says so, each once. */
const SHARES = [0.5, 0.75]
const EVERY_MS = 250
const MB = 2 ** 20
/** V8 counts room for young objects as well, which those that stay cannot take. */
const YOUNG_BYTES = 192 * MB

/**
 * Says what of its heap a thread uses, while there is some left: Node ends a process that has none, and no code of ours
 * can say why. Garbage does not count, so what is in use is looked at behind a whole collection; and those are listened
 * to only once there is a reason.
 */
export class HeapWatch {
  readonly #log: Log
  readonly #who: string
  readonly #manifest: () => Manifest | null
  readonly #shares = [...SHARES]
  #timer: NodeJS.Timeout | undefined
  #observer: PerformanceObserver | null = null

  /** `who`: the beginning of the sentence. `manifest`: of the last batch, where the thread has it. */
  constructor(log: Log, who: string, manifest: () => Manifest | null) {
    this.#log = log
    this.#who = who
    this.#manifest = manifest
  }

  open(): void {
    this.#timer = setInterval(() => this.#look(), EVERY_MS).unref()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#observer?.disconnect()
  }

  #look(): void {
    if (this.#observer !== null || this.#share() < SHARES[0]!) return
    this.#observer = new PerformanceObserver((list) => {
      if (list.getEntries().some(isMajor)) this.#say()
    })
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  #share(): number {
    return getHeapStatistics().used_heap_size / mostBytes()
  }

  #say(): void {
    const share = this.#share()
    if (this.#shares.length === 0 || share < this.#shares[0]!) return
    while (this.#shares.length > 0 && share >= this.#shares[0]!) this.#shares.shift()
    if (this.#shares.length === 0) this.close()
    const limitMb = Math.round(mostBytes() / MB)
    const usedMb = Math.round(share * limitMb)
    const state = stateWords(this.#manifest())
    const message =
      `${this.#who} holds ${usedMb} MB in memory, and Node ends it at ${limitMb}.${state} Give it more ` +
      `(NODE_OPTIONS=--max-old-space-size=${limitMb * 2}), or keep less: timeouts for state, shorter windows, ` +
      'smaller batches.'
    this.#log.event({ type: 'memory-used', level: 'warn', message, usedMb, limitMb })
  }
}

/** What those that stay may take. A small heap whose young ones were given less room is said to be full too early. */
function mostBytes(): number {
  const { heap_size_limit: limit } = getHeapStatistics()
  return Math.max(limit - YOUNG_BYTES, limit / 5)
}

/** What Node tells of a collection has no type of its own. */
const isMajor = (entry: PerformanceEntry): boolean =>
  'detail' in entry && (entry.detail as { readonly kind?: number }).kind === constants.NODE_PERFORMANCE_GC_MAJOR

/** How many keys there are, and which operator has the most. */
function stateWords(manifest: Manifest | null): string {
  const operators = Object.entries(manifest?.state ?? {}).map(([operator, { chains }]) => ({
    operator,
    keys: chains.reduce((sum, { keys }) => sum + keys, 0),
  }))
  const [first] = operators.toSorted((a, b) => b.keys - a.keys)
  if (first === undefined) return ''
  const all = operators.reduce((sum, { keys }) => sum + keys, 0)
  return ` State has ${all} keys, ${first.keys === all ? 'all' : first.keys} of them in "${first.operator}".`
}
