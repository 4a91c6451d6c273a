import { written } from '../host/written.ts'
import { isSystemError, systemCode } from '../model/system-code.ts'
import { hasCode, messageOf, SluiceError } from '../model/errors.ts'
import { type Command, helpOf, overview } from './help.ts'
import { closest } from '../model/nearest.ts'
import { paint } from './terminal.ts'
import { errorLines } from './error-lines.ts'
import { usageError } from './usage.ts'

/** Ends this process. A run watches who else does that. */
const leave = process.exit.bind(process)

type Run = (args: readonly string[]) => Promise<number>

/** Loaded when asked for: `sluice explain` need not wait for an engine. */
const commands: Record<Command, () => Promise<Run>> = {
  run: async () => (await import('./run.ts')).run,
  dev: async () => (await import('./dev.ts')).dev,
  offline: async () => (await import('./offline.ts')).offline,
  plan: async () => (await import('./plan.ts')).plan,
  create: async () => (await import('./create.ts')).create,
  outputs: async () => (await import('./outputs.ts')).outputs,
  dead: async () => (await import('./dead.ts')).dead,
  simulate: async () => (await import('./simulate.ts')).simulate,
  graph: async () => (await import('./graph.ts')).graph,
  status: async () => (await import('./status.ts')).status,
  pause: async () => (await import('./pause.ts')).pause,
  resume: async () => (await import('./pause.ts')).resume,
  down: async () => (await import('./down.ts')).down,
  doctor: async () => (await import('./doctor.ts')).doctor,
  state: async () => (await import('./state.ts')).state,
  verify: async () => (await import('./verify.ts')).verify,
  explain: async () => (await import('./explain.ts')).explain,
}

/** Runs one command line and ends the process with its exit code. */
export async function main(args: readonly string[]): Promise<void> {
  watchOutput()
  // A run has an ear of its own for these, which also stops its streams.
  process.on('uncaughtException', (error) => {
    if (process.listenerCount('uncaughtException') === 1) leave(told(error))
  })
  await exit(await answer(args))
}

async function answer([first, ...rest]: readonly string[]): Promise<number> {
  try {
    if (first === undefined) return say(overview(), 2)
    if (first === '--help' || first === '-h' || first === 'help')
      return say(isCommand(rest[0]) ? helpOf(rest[0]) : overview())
    if (first === '--version' || first === '-v') return say(`${(await import('./package-root.ts')).packageVersion()}\n`)
    if (!isCommand(first)) throw unknownCommand(first)
    if (asksForHelp(rest)) return say(helpOf(first))
    return await (
      await commands[first]()
    )(rest)
  } catch (error) {
    return told(error)
  }
}

/** Says what a command threw, and what it comes to. An error that is nobody's is ours to mend, and needs its stack. */
function told(error: unknown): number {
  const isOurs = error instanceof SluiceError
  const verbose = !isOurs && !isSystemError(error)
  process.stderr.write(errorLines(error, { paint: paint(process.stderr), verbose }))
  return exitCodeOf(error)
}

/** 2: nothing was touched; 5: AWS was not to be reached, or lets nobody in; 1: the answer is no. */
function exitCodeOf(error: unknown): number {
  if (hasCode(error, 'E_AWS_ACCESS')) return 5
  return error instanceof SluiceError && error.fault === 'caller' ? 2 : 1
}

const isCommand = (word: string | undefined): word is Command => word !== undefined && Object.hasOwn(commands, word)

/** Behind `--` everything belongs to the program. */
function asksForHelp(args: readonly string[]): boolean {
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return ours.includes('--help') || ours.includes('-h')
}

function unknownCommand(word: string): SluiceError {
  const suggestion = word.startsWith('-') ? null : closest(word, Object.keys(commands))
  return usageError(
    `${JSON.stringify(word)} is not a command.${suggestion ? ` Did you mean ${suggestion}?` : ''}`,
    suggestion ? `sluice ${suggestion} --help` : 'sluice --help',
  )
}

function say(text: string, code = 0): number {
  process.stdout.write(text)
  return code
}

/** Who closes our output has heard enough; a place that takes none ends the command. */
function watchOutput(): void {
  for (const [stream, name] of [
    [process.stdout, 'stdout'],
    [process.stderr, 'stderr'],
  ] as const)
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (systemCode(error) !== 'EPIPE') throw unprintable(name, error)
      if (stream === process.stdout) leave(0)
    })
}

const unprintable = (name: string, error: NodeJS.ErrnoException): SluiceError =>
  new SluiceError('E_SYSTEM', `What goes to ${name} cannot be written: ${messageOf(error)}`, {
    did: 'the command was ended',
    next: [`make room where ${name} leads to, or let it lead elsewhere`],
    cause: error,
  })

/**
 * A program may have left timers and sockets open: they must not keep the process, but what was written must arrive.
 */
async function exit(code: number): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map((stream) => written(stream)))
  leave(code)
}
