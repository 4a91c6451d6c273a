import { after } from 'node:test'

interface Closes {
  close?(): Promise<void>
}

/** Gives back what it is given, and closes all of it when the tests of the file have ended; then `last`. */
export function keptUntilTheEnd(last: () => Promise<void>): <S extends Closes>(sink: S) => S {
  const sinks: Closes[] = []
  after(async () => {
    for (const sink of sinks) await sink.close?.()
    await last()
  })
  return (sink) => {
    sinks.push(sink)
    return sink
  }
}
