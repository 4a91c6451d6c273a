import type { OutputSink } from '../../lib/output/sink.ts'
import type { SinkRow } from '../../lib/testing/contracts/sink-rows.ts'

type Writing = Pick<OutputSink<SinkRow>, 'write'>
type Closing = Required<Pick<OutputSink<SinkRow>, 'close'>> & Partial<Writing>

/** What sinks of both suites do wrong when they are closed: they differ in nothing that this meets. */
export const brokenClosings: Readonly<Record<string, (sound: Writing) => Closing>> = {
  'sink that is closed once': () => {
    let isClosed = false
    return {
      close: async () => {
        if (isClosed) throw new Error('it is closed')
        isClosed = true
      },
    }
  },
  'sink that stays closed': ({ write: sound }) => {
    let isClosed = false
    return {
      write: (records, delivery) => (isClosed ? Promise.reject(new Error('it is closed')) : sound(records, delivery)),
      close: async () => {
        isClosed = true
      },
    }
  },
}
