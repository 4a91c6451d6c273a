import { followedFile } from '../../adapters/files/followed-file.ts'
import { printing } from '../../api/dstream/operators/print.ts'
import { sparkText } from '../../codec/text.ts'
import type { OutputOperation } from '../../graph/output-operation.ts'
import type { StreamNode } from '../../graph/stream-node.ts'
import { BUNDLED, type OutputSink } from '../../output/sink.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import { SluiceError, wordsOf } from '../../model/errors.ts'
import { readVariable } from '../../model/settings/read-variable.ts'
import type { Environment } from '../../model/settings/variables.ts'
import type { Json } from '../../model/json.ts'
import type { Source } from '../../source/source.ts'

/** What `sluice dev` reads for a source: the source itself, what it makes up, or the lines of a file. */
type Choice = 'real' | 'demo' | { readonly file: string }

/** The choices of `--source`: `clicks=real,orders=orders.ndjson`. `null`: this is no run of `sluice dev`. */
function choicesIn(environment: Environment): ReadonlyMap<string, Choice> | null {
  const text = readVariable(environment, 'SLUICE_SOURCES')
  if (text === null) return null
  return new Map(
    text
      .split(',')
      .filter((part) => part.includes('='))
      .map((part): [string, Choice] => {
        const at = part.indexOf('=')
        const chosen = part.slice(at + 1)
        return [part.slice(0, at), chosen === 'real' || chosen === 'demo' ? chosen : { file: chosen }]
      }),
  )
}

/** Under `sluice dev` a source gives way to its `demo`, or to a file. */
export function devSource<T>(name: string | null, source: Source<T>, demo: Source<T> | null): Source<T> {
  const choices = choicesIn(process.env)
  if (choices === null) return source
  const choice = (name === null ? undefined : choices.get(name)) ?? (demo ? 'demo' : 'real')
  if (choice === 'real') return source
  if (choice !== 'demo') return madeUp(linesOf(choice.file, source))
  if (demo) return madeUp(demo)
  throw new SluiceError('E_USAGE', `The source "${name}" has no demo.`, {
    did: 'nothing was started',
    next: [`ssc.source('${name}', …, { demo })`, `sluice dev --source ${name}=<file>`],
  })
}

/** Sources that stand in for others. */
const standIns = new WeakSet<object>()

function madeUp<T>(source: Source<T>): Source<T> {
  standIns.add(source)
  return source
}

/**
 * Under `sluice dev` a sink of the library does not get what comes of records that are not the source's own, unless
 * `--outputs` says more: the first of them are printed, with the sink that would have got them.
 */
export function devOutput(node: StreamNode, sink: OutputSink<any>): OutputOperation | undefined {
  if (sink[BUNDLED] !== true || !isPrinted(node)) return undefined
  const { name, address = name } = sink
  return {
    ...printing(PRINTED, (timeMs) => `${timeMs} ms, not sent to ${address}`, sparkText),
    address: `printed here, not sent to ${address}`,
  }
}
const PRINTED = 10

function isPrinted(node: StreamNode): boolean {
  if (choicesIn(process.env) === null) return false
  const outputs = readVariable(process.env, 'SLUICE_OUTPUTS')
  return outputs === null ? comesOfStandIn(node) : outputs === 'print'
}

function comesOfStandIn(node: StreamNode): boolean {
  const seen = new Set([node])
  for (const each of seen) for (const parent of each.parents) seen.add(parent)
  return [...seen].some((each) => each.kind === 'source' && standIns.has(each.source))
}

/** Records of a source as lines of a file: JSON, unless they are text. Throws for a line that is none. */
function linesOf<T>(file: string, source: Source<T>): Source<T> {
  const text = followedFile(file)
  if (source.lines) return text as Source<unknown> as Source<T>
  const { lines: _, ...rest } = text
  return {
    ...rest,
    name: 'Lines of JSON',
    async *read(split, io, ended) {
      for await (const chunk of text.read(split, io, ended)) yield chunk.map((line) => parsed<T>(line, file))
    },
  }
}

function parsed<T>(line: string, file: string): T {
  try {
    return JSON.parse(line) as Json as T
  } catch (error) {
    throw new SluiceError('E_RECORD_DECODE', `A line of ${file} is not JSON: ${wordsOf(error)}`, {
      where: { detail: file },
      did: 'the batch did not commit',
      next: ['write one JSON record per line'],
      cause: error,
    })
  }
}

/** Throws `E_USAGE` where `--source` names one that the program does not have. */
export function checkStandIns({ inputs }: StreamGraph): void {
  const names = inputs.map(({ name, uid }) => name ?? uid)
  const unknown = [...(choicesIn(process.env)?.keys() ?? [])].find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new SluiceError('E_USAGE', `The program has no source "${unknown}".`, {
    did: 'nothing was started',
    next: names.length === 0 ? ['name it: ssc.source(name, source)'] : [`these exist: ${names.join(', ')}`],
  })
}
