import type { RunProgram } from '../../host/run-program.ts'
import { SluiceError } from '../../model/errors.ts'

let run: RunProgram | null = null

/** Called once by the entry point: where the program runs decides whether there are programs to pipe through. */
export function installPrograms(installed: RunProgram): void {
  run = installed
}

/** Throws `E_PIPE` where no program can be run. */
export function programs(): RunProgram {
  if (run) return run
  throw new SluiceError('E_PIPE', 'No other program can be run in a function.', {
    did: 'the job was stopped',
    spark: 'IllegalStateException',
    next: ['write the step with map or mapPartitions', 'run the program in a process of its own: sluice run'],
  })
}
