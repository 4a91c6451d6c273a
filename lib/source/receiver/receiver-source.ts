import type { SluiceError } from '../../model/errors.ts'
import { loadedLater, withPart } from '../../model/loaded-later.ts'
import type { Cut } from '../../model/manifest.ts'
import type { CutRequest, ReceiverControl, ReceiverEnvironment, Source, SourceIo } from '../source.ts'
import type { BlockPosition } from './block-position.ts'
import type { BlocksElsewhere, BlockSplit } from './blocks-elsewhere.ts'
import type { Receiver } from './receiver.ts'
import type { ReceivingHere } from './receiving-here.ts'

/**
 * A stream of what a receiver receives (Spark: `ReceiverInputDStream`). A batch takes the blocks registered since the
 * last one, a partition each; without any it is empty. Blocks outlive the process that received them: those that no
 * committed batch has are found again by name. `null`: the receiver is in another process, and is never started here.
 */
export const receiverSource = <T>(
  receiver: Receiver<T> | null,
  facts: SourceFacts = { name: 'Pluggable stream' },
): Source<T> => Object.assign(new ReceiverSource(receiver, facts.name), facts)

/** What is known of a source besides what it does. */
type SourceFacts = Pick<Source<unknown>, 'name' | 'address' | 'lines'>

/** Who only plans batches receives nothing, and a program without receivers has no blocks. */
const here = loadedLater(() => import('./receiving-here.ts'))
const elsewhere = loadedLater(() => import('./blocks-elsewhere.ts'))
const storedBlocks = loadedLater(async () => {
  const { readReceived } = await import('./block-writer.ts')
  const { asUndecoded } = await import('./refused.ts')
  return { readReceived, asUndecoded }
})

class ReceiverSource<T> implements Source<T, BlockPosition, BlockSplit>, ReceiverControl {
  readonly name: string
  readonly receiver: ReceiverControl = this
  readonly #receiver: Receiver<T> | null
  #receivesHere: boolean
  #here: ReceivingHere<T> | null = null
  /** Where another process receives. */
  #elsewhere: BlocksElsewhere | null = null

  constructor(receiver: Receiver<T> | null, name: string) {
    this.#receiver = receiver
    this.#receivesHere = receiver !== null
    this.name = name
  }

  // — the source

  cut(request: CutRequest<BlockPosition>): Promise<Cut<BlockPosition, BlockSplit>> {
    return withPart(this.#blocks(), (blocks) => blocks.cut(request))
  }

  async *read({ key }: BlockSplit, io: SourceIo): AsyncGenerator<readonly T[]> {
    const { readReceived, asUndecoded } = await storedBlocks()
    const { records, refused } = readReceived(await io.blobs.get(key), key)
    for (const each of refused) io.undecoded?.(asUndecoded(each))
    yield records as T[]
  }

  committed(done: BlockPosition, io: SourceIo): Promise<void> {
    return withPart(this.#blocks(), (blocks) => blocks.committed(done, io))
  }

  #blocks(): ReceivingHere<T> | BlocksElsewhere | Promise<ReceivingHere<T> | BlocksElsewhere> {
    if (this.#receivesHere) return this.#here ?? this.#receiving()
    return this.#elsewhere ?? this.#planning()
  }

  async #receiving(): Promise<ReceivingHere<T>> {
    const { ReceivingHere: Here } = await here()
    return (this.#here ??= new Here(this.#receiver!))
  }

  async #planning(): Promise<BlocksElsewhere> {
    const { BlocksElsewhere: Elsewhere } = await elsewhere()
    return (this.#elsewhere ??= new Elsewhere())
  }

  // — the receiver

  receivesElsewhere(): void {
    this.#receivesHere = false
  }

  async start(environment: ReceiverEnvironment): Promise<void> {
    await (await this.#receiving()).start(environment)
  }

  async stop(): Promise<void> {
    await this.#here?.stop()
  }

  failure(): SluiceError | null {
    return this.#here?.failure() ?? null
  }

  waiting(): number {
    return this.#here?.waiting() ?? 0
  }

  updateRate(rate: number): void {
    this.#here?.updateRate(rate)
  }
}
