import { SluiceError } from '../model/errors.ts'
import { badArgument } from '../lineage/bad-argument.ts'
import { anything, checkOptions, type RulesOf } from '../model/options.ts'
import { isWalked, kindOf, shownOr } from '../model/settled.ts'
import type { Source } from '../source/source.ts'

/** Where a record is added. */
export interface AddOptions {
  /** 0 if left out. */
  readonly partition?: number
}

const OPTIONS: RulesOf<AddOptions> = { partition: anything }

type Split = { readonly p: number; readonly from: number; readonly to: number }

/**
 * Stands in for one of the program's sources. What a test adds arrives with the next batch, and can be read again after
 * a crash.
 */
export class TestSource {
  /** Name of the source. */
  readonly name: string
  #partitions: unknown[][]

  /** @internal `t.source(name)` gives one. */
  constructor(name: string, partitions: number) {
    this.name = name
    this.#partitions = Array.from({ length: partitions }, () => [])
  }

  /**
   * The record as the source would hand it to the program: a line of text for a text source. Throws when there is no
   * such partition.
   */
  add(record: unknown, options: AddOptions = {}): this {
    checkOptions('add', options, OPTIONS)
    const { partition = 0 } = options
    const records = this.#partitions[partition]
    if (!records)
      throw new SluiceError(
        'E_PARTITIONS',
        `The test source "${this.name}" has ${this.#partitions.length} partitions; there is none with the ` +
          `number ${shownOr(partition)}.`,
        {
          did: 'nothing was added',
          next: [`ask for more: t.source('${this.name}', { partitions: ${partition + 1} })`],
        },
      )
    records.push(record)
    return this
  }

  /** `add` for each. Throws `E_ARGUMENT` for a text, which would be as many records as it has characters. */
  addAll(records: Iterable<unknown>, options?: AddOptions): this {
    if (!isWalked(records)) throw badArgument(`A batch of records is ${kindOf(records)}.`, "addAll(['a', 'b'])")
    for (const record of records) this.add(record, options)
    return this
  }

  /** At least this many partitions from the next batch on. */
  widen(partitions: number): void {
    while (this.#partitions.length < partitions) this.#partitions.push([])
  }

  /**
   * @internal Stands where `original` stood, as one process reads it; `onRead` comes after each split has been read.
   */
  source(original: Source<unknown>, onRead: () => Promise<void> | null): Source<unknown> {
    const source: Source<unknown, readonly number[], Split> = {
      name: original.name,
      ...(original.identity === undefined ? {} : { identity: original.identity }),
      // Nobody starts it: it tells a source that keeps positions from one that receives.
      ...(original.receiver ? { receiver: original.receiver } : {}),
      cut: async ({ position }) => {
        const from = position ?? []
        const to = this.#partitions.map((records) => records.length)
        const splits: Split[] = to.map((end, p) => ({ p, from: from[p] ?? 0, to: end }))
        return {
          position: to,
          splits,
          records: splits.reduce((sum, split) => sum + split.to - split.from, 0),
        }
      },
      read: (split) => this.#read(split, onRead),
    }
    return source
  }

  async *#read({ p, from, to }: Split, onRead: () => Promise<void> | null): AsyncIterable<readonly unknown[]> {
    yield this.#partitions[p].slice(from, to)
    await onRead()
  }
}
