import { InputInfoTracker } from '../../../lib/observe/input-info-tracker.ts'

interface Info {
  readonly streamId: number
  readonly numRecords: number
}

export class InputInfoObject {
  readonly #tracker = new InputInfoTracker()

  reportInfo(time: number, { streamId, numRecords }: Info): void {
    this.#tracker.report(time, { inputStreamId: streamId, numRecords, metadata: {} })
  }
  cleanup(time: number): void {
    this.#tracker.cleanup(time)
  }
  getInfo(time: number): Record<number, Info> {
    return Object.fromEntries(
      [...this.#tracker.infoOf(time)].map(([id, { inputStreamId, numRecords }]) => [
        id,
        { streamId: inputStreamId, numRecords },
      ]),
    )
  }
}
