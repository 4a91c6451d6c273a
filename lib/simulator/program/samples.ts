import type { Random } from '../../host/random.ts'
import { SluiceError } from '../../model/errors.ts'
import type { SourceNode } from '../../graph/stream-node.ts'
import type { Simulation } from './simulation.ts'

/** Makes up a record. */
export type Sampler = (random: Random) => unknown

/** Records from files by the name of their source; those under the empty name are for the only source. */
export type SampleFiles = ReadonlyMap<string, readonly string[]>

/**
 * Where the records of each source come from: a file first, then what the program says, then made-up words for sources
 * of text. Throws `E_SAMPLES` when there is nothing for a source, or something for a source that is not there.
 */
export function samplersOf(
  inputs: readonly SourceNode[],
  files: SampleFiles,
  { samples = {} }: Simulation,
): Record<string, Sampler> {
  const names = inputs.map(sourceName)
  const unknown = [...files.keys(), ...Object.keys(samples)].find((name) => name !== '' && !names.includes(name))
  if (unknown !== undefined) throw noSuchSource(unknown, names)
  if (files.has('') && inputs.length > 1) throw noSuchSource('', names)
  return Object.fromEntries(inputs.map((node) => [sourceName(node), samplerOf(node, files, samples)]))
}

/** What users call a source: its name, else its uid. */
export const sourceName = (node: SourceNode): string => node.name ?? node.uid

function samplerOf(node: SourceNode, files: SampleFiles, samples: NonNullable<Simulation['samples']>): Sampler {
  const name = sourceName(node)
  const lines = files.get(name) ?? files.get('')
  if (lines) return fromLines(lines, node, name)
  if (samples[name]) return (random) => samples[name](() => random.next())
  if (node.source.lines) return madeUpLine
  throw new SluiceError('E_SAMPLES', `There are no sample records for the source "${name}".`, {
    where: { place: node.place },
    did: 'nothing was run',
    next: [
      `export const simulation = { samples: { ${/^\w+$/.test(name) ? name : `'${name}'`}: (random) => … } }`,
      `or --records ${name}=<file> with one JSON record per line`,
    ],
  })
}

function fromLines(lines: readonly string[], node: SourceNode, name: string): Sampler {
  if (lines.length === 0)
    throw new SluiceError('E_SAMPLES', `The file with records for the source "${name}" is empty.`, {
      did: 'nothing was run',
      next: ['write one record per line into it'],
    })
  const records = node.source.lines ? lines : lines.map((line, i) => parsed(line, i, name))
  return (random) => records[Math.floor(random.next() * records.length)]
}

function parsed(line: string, i: number, name: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    throw new SluiceError('E_SAMPLES', `Line ${i + 1} of the records for the source "${name}" is not JSON.`, {
      did: 'nothing was run',
      next: ['write one JSON record per line'],
    })
  }
}

const WORDS = [
  'to',
  'be',
  'or',
  'not',
  'that',
  'is',
  'the',
  'question',
  'whether',
  'nobler',
  'in',
  'mind',
  'suffer',
  'slings',
  'and',
  'arrows',
]

/** One to five words, few of them often. */
const madeUpLine: Sampler = (random) =>
  Array.from(
    { length: 1 + Math.floor(random.next() * 5) },
    () => WORDS[Math.floor(random.next() ** 2 * WORDS.length)],
  ).join(' ')

const noSuchSource = (name: string, names: readonly string[]): SluiceError =>
  new SluiceError(
    'E_SAMPLES',
    name === ''
      ? 'The program has several sources; the records must say for which one they are.'
      : `There are sample records for "${name}", but no such source.`,
    {
      did: 'nothing was run',
      next: [`these exist: ${names.join(', ')}`],
    },
  )
