import { given, own } from '../model/given.ts'
import { getBlob, putBlob } from '../checkpoint/blobs.ts'
import { readManifest } from '../checkpoint/manifest.ts'
import { decodeFacts } from '../checkpoint/stored-facts.ts'
import { ObjectKeys } from '../checkpoint/object-keys.ts'
import { isDropped, type OutputCommand } from '../checkpoint/output-commands.ts'
import { hasChange, withChange } from '../checkpoint/state-change.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { Host } from '../host/host.ts'
import { SluiceError } from '../model/errors.ts'
import type { GraphFacts } from '../model/graph-facts.ts'
import type { ProgramFacts } from '../model/program-facts.ts'
import type { Head } from '../model/head.ts'
import type { Manifest, StateChange } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import { loadedLater } from '../model/loaded-later.ts'
import type { Kept } from './decide-difference.ts'
import { versionOf } from '../state/schema.ts'

interface AdmissionRequest {
  readonly program: ProgramFacts
  readonly host: Host<Head>
  /** Operators and sources whose state or position may be given up where the program has no place for it. */
  readonly dropState: readonly string[]
  /** Outputs that somebody gave up: what they owe keeps nobody from removing them. */
  readonly outputCommands?: readonly OutputCommand[]
}

/**
 * A program that may go on from what is stored. What was stored is left alone until the program's first batch commits:
 * its manifest carries the new graph and what became of the old state, so that there is one moment at which the program
 * has changed, and before it the old one can still return.
 */
export class Admission {
  /** The last committed manifest as this program sees it. */
  readonly base: Manifest | null
  /** The grid of batch times. */
  readonly origin: Pick<Head, 'intervalMs' | 'zeroTime'>
  readonly #facts: string
  readonly #change: StateChange
  #ref: BlobRef | null

  constructor(
    facts: string,
    origin: Admission['origin'],
    base: Manifest | null = null,
    change: StateChange = { moved: {}, dropped: [] },
  ) {
    this.#facts = facts
    this.origin = origin
    this.base = base && withChange(base, change)
    this.#change = change
    this.#ref = null
  }

  /** The graph is the one that made the manifest: it need not be written down again. */
  knownAs(ref: BlobRef): this {
    this.#ref = ref
    return this
  }

  /**
   * `manifest` with the graph that made it and, until that is committed, what changed. `base` is the last committed
   * one.
   */
  async complete(
    manifest: Manifest,
    base: Manifest | null,
    { host, head }: { readonly host: Host<Head>; readonly head: Head },
  ): Promise<Manifest> {
    const { blobs, random } = host
    this.#ref ??= await putBlob(
      blobs,
      new ObjectKeys(head.app, head.inc).graph(manifest.batch, random.newId()),
      Buffer.from(this.#facts),
      0,
    )
    const isPending = base !== null && base === this.base && hasChange(this.#change)
    return { ...manifest, facts: this.#ref, ...given({ change: isPending && this.#change }) }
  }
}

export const admitAnew = (
  { program: { graph, intervalMs } }: Pick<AdmissionRequest, 'program'>,
  zeroTime: number,
): Admission => new Admission(textOf(graph), { intervalMs, zeroTime })

/**
 * Reads what is stored and says how the program goes on from it. Throws why it must not; nothing was written then.
 */
export async function admit(request: AdmissionRequest, head: Head): Promise<Admission> {
  const { program, host, dropState, outputCommands = [] } = request
  const { intervalMs, graph: current } = program
  if (head.plan && !head.plan.hidden && head.graph !== program.fingerprint) throw planOpen(program, head)
  // Before the first batch there is nothing that could fit or not.
  if (!head.manifest) return admitAnew(request, zeroTimeFor(head, intervalMs))
  const manifest = await readManifest(host.blobs, head.manifest)
  const text = textOf(current)
  if (!manifest.facts) {
    if (manifest.graph !== program.fingerprint) throw unknownGraph(program, manifest)
    return new Admission(text, { intervalMs, zeroTime: head.zeroTime }, manifest)
  }
  const stored = await readFacts(host.blobs, manifest.facts)
  const origin = { intervalMs, zeroTime: zeroTimeOf(manifest, intervalMs) }
  const kept = keptBy(manifest, head, outputCommands)
  const isSame = textOf(stored) === text
  if (isSame && holdsVersionsOf(current, kept)) return new Admission(text, origin, manifest).knownAs(manifest.facts)
  const { compareGraphs, refused, changeEvent } = await programChange()
  const comparison = compareGraphs(stored, current, kept, dropState)
  if (comparison.verdict === 'refuse') throw refused(comparison, program)
  if (comparison.verdict !== 'same') host.log.event(changeEvent(comparison))
  const admission = new Admission(text, origin, manifest, comparison.change)
  return isSame ? admission.knownAs(manifest.facts) : admission
}

/** Graphs may be told apart, and say how, only where a program has changed. */
const programChange = loadedLater(async () => {
  const [{ compareGraphs }, words] = await Promise.all([import('./compare-graphs.ts'), import('./program-change.ts')])
  return { compareGraphs, ...words }
})

/** Whether what is kept of each operator is of the version that the graph reads. */
const holdsVersionsOf = ({ operators }: GraphFacts, { state }: Kept): boolean =>
  operators.every(({ uid, state: read }) => {
    const version = own(state, uid)?.version
    return version === undefined || read === undefined || read.version === version
  })

/** Another interval is another grid. */
function zeroTimeFor(head: Head, intervalMs: number): number {
  if (head.intervalMs === intervalMs) return head.zeroTime
  return Math.floor(head.zeroTime / intervalMs) * intervalMs
}

const textOf = (facts: GraphFacts): string => JSON.stringify(facts)

export const readFacts = async (blobs: BlobStore, ref: BlobRef): Promise<GraphFacts> =>
  decodeFacts(await getBlob(blobs, ref), ref)

/**
 * Ticks go on upward, whatever an interval is. Every grid goes through the points of the epoch that are whole
 * intervals; the last tick falls on the last of them that is not after the last batch, so that the next batch is later
 * than that one, by no more than an interval. For the interval of the last batch this is the grid as it is, also after
 * another program that had moved it and never came to commit.
 */
const zeroTimeOf = ({ tick, time }: Pick<Manifest, 'tick' | 'time'>, intervalMs: number): number =>
  Math.floor(time / intervalMs) * intervalMs - tick * intervalMs

/** Outputs of a batch that is committed and not marked. */
function pendingOutputs({ outputs }: Manifest, { outDone, committed }: Head): string[] {
  if (outDone === committed) return []
  return Object.keys(outputs)
}

export function keptBy(manifest: Manifest, head: Head, outputCommands: readonly OutputCommand[]): Kept {
  const pending = pendingOutputs(manifest, head)
  const batch = head.committed
  const owed = [...pending.map((output) => ({ output, batch })), ...head.owed]
  return {
    state: Object.fromEntries(
      Object.entries(manifest.state).map(([uid, state]) => [
        uid,
        { keys: state.chains.reduce((sum, chain) => sum + chain.keys, 0), version: versionOf(state) },
      ]),
    ),
    records: Object.entries(manifest.retained)
      .filter(([, batches]) => batches.length > 0)
      .map(([name]) => name),
    positions: Object.keys(manifest.positions),
    undelivered: [...new Set(owed.filter((each) => !isDropped(outputCommands, each)).map(({ output }) => output))],
  }
}

const unknownGraph = ({ fingerprint }: ProgramFacts, { graph }: Manifest): SluiceError =>
  new SluiceError(
    'E_GRAPH_CHANGED',
    `The program has changed: its graph is ${fingerprint}, the stored one is ${graph}, and of that no ` +
      'more is known than this name.',
    {
      did: 'nothing was started; state and positions are kept',
      next: [
        'run one batch of the program that wrote it, with this version of sluice: it writes its graph down',
        'then run the changed one',
      ],
    },
  )

const planOpen = ({ fingerprint }: ProgramFacts, { graph, committed }: Head): SluiceError =>
  new SluiceError(
    'E_GRAPH_CHANGED',
    `Batch ${committed + 1} was planned by the program with the graph ${graph}, and may have been shown; ` +
      `this one has the graph ${fingerprint}.`,
    {
      where: { batch: committed + 1 },
      did: 'nothing was started',
      next: ['run the program that planned it until this batch is committed, then the changed one'],
    },
  )
