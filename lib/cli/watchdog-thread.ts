import { writeSync } from 'node:fs'
import { Script } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'

/*
 * Hears ^C while the program keeps the main thread busy, which hears nothing then: a function that takes minutes, or an
 * endless loop. A script of `vm` that may be interrupted is the one thing in Node that hears a signal in its own
 * thread. While it waits, the main thread's listeners are silent, so it is told of each ^C. When the wait is over, a ^C
 * acts as it does in any process without listeners: it ends it.
 */

/** How long the main thread may take to say that it has heard the first ^C, and to end at the second. */
const ANSWER_MS = 400
const END_MS = 600

/** `[0]`: 1 as soon as the main thread was asked to stop, by whatever signal. */
const asked = new Int32Array(workerData as SharedArrayBuffer)
const wasAsked = (): boolean => Atomics.load(asked, 0) === 1

/** What is called once a wait has begun: who answers to it with ^C is heard. */
const BEGUN = Symbol.for('sluice.watchdog.begun')
const calling = `globalThis[Symbol.for('${BEGUN.description}')]()`
const waiting = (ms: string): Script =>
  new Script(`${calling};Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms})`)
const [forever, forAnAnswer, forTheEnd] = [waiting('Infinity'), waiting(String(ANSWER_MS)), waiting(String(END_MS))]
const noWait = new Script(calling)

/** Whether ^C came before the wait was over. */
function interrupted(wait: Script, begun: () => void = () => {}): boolean {
  Object.assign(globalThis, { [BEGUN]: begun })
  try {
    wait.runInThisContext({ breakOnSigint: true })
    return false
  } catch {
    return true
  }
}

const sayWhatIsWaitedFor = (): void => {
  writeSync(2, '\n  a function of the program is running: it is let finish; ^C again ends it now\n')
}

let isFirstHeard = false

/** Returns at the second ^C. */
function hear(): void {
  while (!isFirstHeard) isFirstHeard = interrupted(forever)
  if (wasAsked()) return
  parentPort!.postMessage('SIGINT')
  if (interrupted(forAnAnswer)) return
  const isBusy = !wasAsked()
  while (!interrupted(forever, isBusy ? sayWhatIsWaitedFor : undefined)) continue
}

parentPort!.postMessage('ready')
// Around its waits, so that a ^C between two of them is heard as well.
while (interrupted(noWait, hear)) {
  if (isFirstHeard) break
  isFirstHeard = true
}
parentPort!.postMessage('SIGINT')
interrupted(forTheEnd)
writeSync(2, '\n  ended in the middle of a batch, which the next run does again\n')
process.kill(process.pid, 'SIGINT')
