/** What to do when someone wants the process to end. */
interface StopRequests {
  /** The first `^C`, and SIGTERM. */
  stop(signal: 'SIGINT' | 'SIGTERM'): void
  /** The second one: at once. */
  quit(): void
}

/** Until the returned function is called. */
export function onStopSignals({ stop, quit }: StopRequests): () => void {
  let asked = false
  const listener = (signal: NodeJS.Signals): void => {
    if (asked && signal === 'SIGINT') return quit()
    if (!asked) stop(signal as 'SIGINT' | 'SIGTERM')
    asked = true
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return () => {
    process.off('SIGINT', listener)
    process.off('SIGTERM', listener)
  }
}
