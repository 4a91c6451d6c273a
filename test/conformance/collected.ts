import type { DStream } from '../../lib/index.ts'
import { plain } from './values.ts'

interface OutputBatch {
  readonly timeMs: number
  readonly partitions: number
  readonly records: readonly unknown[]
}

/** What a stream gave, batch by batch, through an output operation of its own. */
export class Collected {
  readonly batches: OutputBatch[] = []

  constructor(stream: DStream<any>, also: (rdd: any, time: any) => unknown = () => {}) {
    stream.foreachRDD((rdd, time) => {
      this.batches.push({
        timeMs: time.milliseconds,
        partitions: rdd.getNumPartitions(),
        records: rdd.collect().map(plain),
      })
      return also(rdd, time)
    })
  }

  get outputs(): (readonly unknown[])[] {
    return this.batches.map((batch) => batch.records)
  }
  get flat(): unknown[] {
    return this.outputs.flat()
  }
  get nonEmpty(): (readonly unknown[])[] {
    return this.outputs.filter((records) => records.length > 0)
  }
}
