import { createInterface } from 'node:readline'
import { relative } from 'node:path'
import { readArguments } from './arguments.ts'
import { DevRun } from './dev-run.ts'
import { FileWatcher } from './file-watcher.ts'
import { programFile } from './run.ts'
import { onStopSignals } from './signals.ts'

const devFlags = {
  dir: { kind: 'text' },
  fresh: { kind: 'switch' },
  workers: { kind: 'number', min: 0, max: 256 },
  verbose: { kind: 'switch' },
  'drop-state': { kind: 'text' },
  'skip-missed': { kind: 'switch' },
} as const

const KEYS =
  '  h help   r run again   f begin anew   v stacks on or off   q finish the batch and quit   (each with enter)\n'

/** Runs a program in a process of its own, and again whenever one of its files changes. State stays. */
export async function dev(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('dev', args, devFlags)
  const file = programFile('dev', words[0] ?? 'src/app.ts')
  const again = (why: string, fresh = false): void => void run.again(`  ↻ ${why}\n`, fresh)
  const watcher = new FileWatcher((changed) => again(`${relative('', changed)} changed; running again`))
  watcher.add(file)
  const run = new DevRun({
    file,
    args: words.slice(1),
    dir: values.dir ?? '.sluice',
    workers: values.workers ?? 0,
    verbose: values.verbose,
    dropState: values['drop-state'],
    skipMissed: values['skip-missed'],
    loaded: (path) => watcher.add(path),
  })
  onStopSignals({ stop: (signal) => run.stop(signal), quit: () => run.stop('SIGINT') })
  if (process.stdin.isTTY) listenToKeys(run, again)
  run.start(values.fresh)
  return run.ended
}

function listenToKeys(run: DevRun, again: (why: string, fresh?: boolean) => void): void {
  process.stderr.write('  h + enter for help\n\n')
  const keys: Record<string, () => void> = {
    h: () => {
      process.stderr.write(KEYS)
    },
    r: () => again('running again'),
    f: () => again('beginning anew', true),
    v: () => again(`stacks ${run.toggleVerbose() ? 'on' : 'off'}; running again`),
    q: () => run.stop('SIGINT'),
  }
  createInterface({ input: process.stdin }).on('line', (line) => {
    const key = line.trim().toLowerCase()
    if (key !== '') (keys[key] ?? keys['h'])()
  })
}
