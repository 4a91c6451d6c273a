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
  const heard = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (asked && signal === 'SIGINT') return quit()
    if (!asked) stop(signal)
    asked = true
  }
  const onInterrupt = (): void => heard('SIGINT')
  const onTermination = (): void => heard('SIGTERM')
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTermination)
  return () => {
    process.off('SIGINT', onInterrupt)
    process.off('SIGTERM', onTermination)
  }
}
