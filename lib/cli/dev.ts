import { relative } from 'node:path'
import { readArguments } from './arguments.ts'
import { DevRun } from './dev-run.ts'
import { FileWatcher } from './file-watcher.ts'
import { programFile } from './run.ts'
import { onStopSignals } from './signals.ts'
import { TypeCheck } from './type-check.ts'
import { usageError } from './usage.ts'

const devFlags = {
  dir: { kind: 'text' },
  fresh: { kind: 'switch' },
  workers: { kind: 'number', min: 0, max: 256 },
  verbose: { kind: 'switch' },
  'drop-state': { kind: 'text' },
  'skip-missed': { kind: 'switch' },
  source: { kind: 'text' },
  outputs: { kind: 'text' },
} as const

const KEYS =
  '  r run again   f begin anew, where state does not fit   p prints on or off   v stacks on or off   ' +
  'q finish the batch and quit\n'

/** A key that is hit by mistake must not cost what was counted for days. */
const FITS = '  what is stored fits the program; to begin anew all the same: sluice dev --fresh\n'

/** Runs a program in a process of its own, and again whenever one of its files changes. State stays. */
export async function dev(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('dev', args, devFlags)
  const file = programFile('dev', words[0] ?? 'src/app.ts')
  const again = (why: string, fresh = false): void => void run.again(`  ↻ ${why}\n`, fresh)
  const watcher = new FileWatcher((changed) => again(`${relative('', changed)} changed; running again`))
  watcher.add(file)
  const types = new TypeCheck(file, (text) => process.stderr.write(text))
  const run = new DevRun({
    file,
    args: words.slice(1),
    dir: values.dir ?? '.sluice',
    workers: values.workers ?? 0,
    verbose: values.verbose,
    dropState: values['drop-state'],
    skipMissed: values['skip-missed'],
    sources: sourcesIn(values.source),
    outputs: outputsIn(values.outputs),
    loaded: (path) => watcher.add(path),
    started: () => types.run(),
  })
  onStopSignals({ stop: (signal) => run.stop(signal), quit: () => run.stop('SIGINT') })
  if (process.stdin.isTTY) listenToKeys(run, again)
  run.start(values.fresh)
  const code = await run.ended
  types.stop()
  return code
}

/** `name=real`, `name=demo` or `name=<file>`, joined by commas. */
function sourcesIn(text: string | null): string {
  const wrong = text?.split(',').find((part) => part.indexOf('=') < 1 || part.endsWith('='))
  if (wrong !== undefined)
    throw usageError(
      `--source ${wrong} does not say what is read for which source.`,
      'sluice dev --source clicks=clicks.ndjson',
    )
  return text ?? ''
}

function outputsIn(text: string | null): string | null {
  if (text === null || text === 'real' || text === 'print') return text
  throw usageError(`--outputs ${text} is neither real nor print.`, 'sluice dev --outputs real')
}

/** One key at a time, without enter. */
function listenToKeys(run: DevRun, again: (why: string, fresh?: boolean) => void): void {
  const say = (text: string): void => void process.stderr.write(text)
  say('  h for help\n\n')
  const keys: Record<string, () => void> = {
    r: () => again('running again'),
    f: () => (run.isMisfit ? again('beginning anew', true) : say(FITS)),
    p: () => say(`  prints ${run.togglePrints() ? 'on' : 'off; p shows them again'}\n`),
    v: () => again(`stacks ${run.toggleVerbose() ? 'on' : 'off'}; running again`),
    q: () => run.stop('SIGINT'),
    // Terminals that send single keys send ^C and ^D as such.
    '\u0003': () => run.stop('SIGINT'),
    '\u0004': () => run.stop('SIGINT'),
  }
  process.stdin.setRawMode(true)
  process.stdin.on('data', (bytes: Buffer) => {
    for (const key of bytes.toString().toLowerCase()) (keys[key] ?? (() => say(KEYS)))()
  })
}
