import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import '../hosts/embedded/install.ts'
import { setEmbeddedOptions } from '../hosts/embedded/embedded-host.ts'
import { namesIn } from '../model/settings/kinds.ts'
import { loadProgram, nothingStarted } from '../hosts/embedded/load-program.ts'
import { useOwnPackage } from '../hosts/embedded/own-package.ts'
import { readVariable } from '../model/settings/read-variable.ts'
import { StreamingContext } from '../api/dstream/streaming-context.ts'
import { readArguments, type Values } from './arguments.ts'
import { packageVersion } from './package-root.ts'
import { RunSession } from './run-session.ts'
import { usageError } from './usage.ts'

export const runFlags = {
  dir: { kind: 'text' },
  fresh: { kind: 'switch' },
  batches: { kind: 'number', min: 1, max: 1_000_000_000 },
  workers: { kind: 'number', min: 0, max: 256 },
  json: { kind: 'switch' },
  verbose: { kind: 'switch' },
  resume: { kind: 'switch' },
  'drop-state': { kind: 'text' },
  'skip-missed': { kind: 'switch' },
} as const

/** Runs a program in this process until it ends, fails or is stopped. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('run', args, runFlags)
  const file = programFile('run', words[0])
  const session = new RunSession({
    json: values.json,
    verbose: values.verbose,
    version: packageVersion(),
    foldPrints: readVariable(process.env, 'SLUICE_WATCHED') !== null,
  })
  embed(values, file, words.slice(1), session)
  return session.run(() => execute(file, session))
}

async function execute(file: string, session: RunSession): Promise<void> {
  const program = await loadProgram(pathToFileURL(file).href, { started: () => session.started })
  await session.watched
  if (program.kind === 'app') program.app.build().start()
  else if (!session.started) throw nothingStarted(file)
  await StreamingContext.getActive()?.awaitTermination()
}

/** What the program finds: its arguments, as `node <file> …` would give them, and an engine with these options. */
function embed(values: Values<typeof runFlags>, file: string, args: readonly string[], session: RunSession): void {
  process.argv = [process.execPath, file, ...args]
  setEmbeddedOptions({
    dir: directoryOf(values.dir),
    fresh: values.fresh,
    batchesMax: values.batches,
    workers: values.workers ?? 0,
    resume: values.resume,
    skipMissed: values['skip-missed'],
    dropState: namesIn(values['drop-state'] ?? ''),
    module: file,
    args,
    log: session,
    write: (text) => session.print(text),
  })
  useOwnPackage((url) => session.loaded(url))
}

function directoryOf(flag: string | null): string | null {
  const dir = flag ?? readVariable(process.env, 'SLUICE_DIR')
  return dir === null ? null : resolve(dir)
}

/** The absolute path of a program that is there. */
export function programFile(command: string, word: string | undefined): string {
  if (word === undefined) throw usageError(`${command} needs the file of a program.`, `sluice ${command} src/app.ts`)
  const file = resolve(word)
  if (!existsSync(file)) {
    const meant = ['.ts', '.mts', '.js', '.mjs']
      .map((extension) => word + extension)
      .find((candidate) => existsSync(candidate))
    throw usageError(
      `There is no file ${word}.${meant ? ` Did you mean ${meant}?` : ''}`,
      meant ? `sluice ${command} ${meant}` : 'check the path; it counts from the current directory',
    )
  }
  if (statSync(file).isDirectory())
    throw usageError(`${word} is a directory, not a program.`, `sluice ${command} ${word.replace(/\/$/, '')}/app.ts`)
  return file
}
