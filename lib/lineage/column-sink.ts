import type { PairColumns } from './kept-records.ts'
import { chain, type MaybePromise, type RddNode, runPartition, type Sink, type TaskScope } from './node.ts'

/** All pairs of a partition as columns, which are those of the shuffle where nothing changed them since. */
export function collectColumns(node: RddNode<any>, split: number, task: TaskScope): MaybePromise<PairColumns> {
  const sink = new ColumnSink()
  return chain(runPartition(node, split, task, sink), () => sink.joined())
}

class ColumnSink implements Sink<readonly [unknown, unknown]> {
  readonly #parts: PairColumns[] = []
  /** The newest part, where it is no one else's. */
  #own: { readonly keys: unknown[]; readonly values: unknown[] } | null = null

  readonly emit = (pair: readonly [unknown, unknown]): void => {
    if (this.#own === null) {
      this.#own = { keys: [], values: [] }
      this.#parts.push({ ...this.#own, hashes: null })
    }
    this.#own.keys.push(pair[0])
    this.#own.values.push(pair[1])
  }

  chunk(pairs: readonly (readonly [unknown, unknown])[]): void {
    for (let i = 0; i < pairs.length; i++) this.emit(pairs[i])
  }

  columns(keys: readonly unknown[], values: readonly unknown[], hashes: readonly number[] | null): void {
    this.#own = null
    this.#parts.push({ keys, values, hashes })
  }

  joined(): PairColumns {
    const parts = this.#parts
    if (parts.length === 1) return parts[0]
    return { keys: parts.flatMap(({ keys }) => keys), values: parts.flatMap(({ values }) => values), hashes: null }
  }
}
