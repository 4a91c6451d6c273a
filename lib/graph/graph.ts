import { createHash } from 'node:crypto'
import type { OperatorUid } from '../model/ids.ts'
import { clashingSources } from '../checkpoint/object-keys.ts'
import { SluiceError } from '../model/errors.ts'
import type { Source } from '../source/source.ts'
import { callerPlace } from '../model/place.ts'
import { reachedFrom } from '../model/walk.ts'
import type { OutputOperation } from './output-operation.ts'
import { anchorsUid, type OutputNode, type SourceNode, type StreamNode } from './stream-node.ts'

/** Where a context stands in its life (Spark: `StreamingContextState`). */
export type ContextState = 'INITIALIZED' | 'ACTIVE' | 'STOPPED'

type Without<Node, Keys extends PropertyKey> = Node extends unknown ? Omit<Node, Keys> : never
type Kind = StreamNode['kind']
type NodeOf<T, K extends Kind> = Extract<StreamNode<T>, { readonly kind: K }>
type Definition<T, K extends Kind> = Omit<NodeOf<T, K>, 'id' | 'uid' | 'place'> & { readonly place?: string }

/** An operator as its author describes it; what it leaves out is as with the stream that it is called on. */
export type NewNode<T> = Without<StreamNode<T>, 'id' | 'uid' | 'place' | 'parents' | 'slideMs'> &
  Partial<Pick<StreamNode, 'parents' | 'slideMs'>>

/** All operators of one program, in order of creation. Definitions only: batches and state live elsewhere. */
export class StreamGraph {
  readonly nodes: StreamNode[] = []
  readonly batchMs: number
  rememberMs: number | null = null
  state: ContextState = 'INITIALIZED'
  #overview: Overview | null = null

  constructor(batchMs: number) {
    this.batchMs = batchMs
  }

  /** The same definitions, to be run again by another context. */
  again(): StreamGraph {
    const copy = new StreamGraph(this.batchMs)
    copy.nodes.push(...this.nodes)
    copy.rememberMs = this.rememberMs
    return copy
  }

  /** Adds an operator. Throws Spark's errors once the context is active or stopped. */
  add<T, K extends Kind>(definition: Definition<T, K>): NodeOf<T, K> {
    this.#assertOpen()
    const node = { place: callerPlace(), ...definition, id: this.nodes.length, uid: '' } as unknown as NodeOf<T, K>
    this.nodes.push(node)
    return node
  }

  #assertOpen(): void {
    if (this.state === 'INITIALIZED') return
    const when = this.state === 'ACTIVE' ? 'starting' : 'stopping'
    throw new SluiceError(
      'E_CONTEXT_STATE',
      `Adding new inputs, transformations, and output operations after ${when} a context is not supported.`,
      {
        where: { place: callerPlace() },
        did: 'the operator was not added',
        spark: 'IllegalStateException',
        next: ['define the whole pipeline before start()'],
      },
    )
  }

  get inputs(): readonly SourceNode[] {
    return this.#now.inputs
  }
  get outputs(): readonly OutputNode[] {
    return this.#now.outputs
  }

  /** The operators that lead to an output operation; nothing else is computed. */
  reachable(): ReadonlySet<StreamNode> {
    return this.#now.reachable
  }

  /** Asked for many times a batch, so it is worked out once for as many operators as there are. */
  get #now(): Overview {
    if (this.#overview?.nodes !== this.nodes.length) this.#overview = overviewOf(this.nodes)
    return this.#overview
  }

  /** Has a source read in the place of another, before the start: tests and simulations reach nothing outside. */
  replaceSource(node: SourceNode, source: Source<unknown>): void {
    Object.assign(node, { source })
  }

  /** Has an output go elsewhere, before the start. */
  replaceOutput(node: OutputNode, output: OutputOperation): void {
    Object.assign(node, { output })
  }

  /** The program has started: from now on its operators are what they are. */
  freeze(): void {
    for (const node of this.nodes) Object.freeze(node)
  }

  /** Gives every operator its uid: the name, or a path of the operators that matter, made unique by order. */
  assignUids(): void {
    const named = new Map<string, StreamNode>()
    for (const node of this.nodes) if (isNamed(node)) claimName(node, named)
    const taken = new Set(named.keys())
    assertOneHeirEach(this.nodes)
    const numbers = new Map<string, number>()
    for (const node of this.nodes) {
      const uid = isNamed(node) ? node.name : unique(derivedUid(node), taken, numbers, node)
      // Definitions that another context has run are frozen, and have it.
      if (node.uid !== uid) node.uid = uid
    }
    assertOwnPrefixes(this.inputs)
  }
}

interface Overview {
  readonly nodes: number
  readonly inputs: readonly SourceNode[]
  readonly outputs: readonly OutputNode[]
  readonly reachable: ReadonlySet<StreamNode>
}

function overviewOf(nodes: readonly StreamNode[]): Overview {
  const outputs = nodes.filter((node) => node.kind === 'output')
  return {
    nodes: nodes.length,
    inputs: nodes.filter((node) => node.kind === 'source'),
    outputs,
    reachable: reachedFrom<StreamNode>(outputs, ({ parents }) => parents),
  }
}

/** Operators with an identity of their own; the name of a record-wise operator would have nothing to name. */
const isNamed = (node: StreamNode): node is StreamNode & { name: string } => node.name !== undefined && anchorsUid(node)

function claimName(node: StreamNode & { name: string }, named: Map<string, StreamNode>): void {
  // Every object has a constructor: looked up by that name, state that is not there would seem to be.
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(node.name) || node.name === 'constructor') {
    throw new SluiceError(
      'E_NAME',
      `${JSON.stringify(node.name)} is not a name: lower-case letters, digits and dashes, starting with a ` +
        'letter, at most 63 characters, and not "constructor".',
      {
        where: { place: node.place },
        did: 'nothing was started',
        next: ['choose a name such as count-by-page, or leave it out'],
      },
    )
  }
  const other = named.get(node.name)
  if (other) {
    const words = `The name "${node.name}" is given twice, to ${other.operator} and to ${node.operator}.`
    throw new SluiceError('E_NAME', words, {
      where: { place: node.place, detail: `the other is at ${other.place}` },
      did: 'nothing was started',
      next: ['give each source, operator and output a name of its own: they share one list of names'],
    })
  }
  named.set(node.name, node)
}

/** What a source puts below its prefix is its own to find, and to sweep. */
function assertOwnPrefixes(inputs: readonly StreamNode[]): void {
  const clash = clashingSources(inputs.map(({ uid }) => uid))
  if (!clash) return
  const [first, second] = clash
  throw new SluiceError('E_NAME', `The sources "${first}" and "${second}" cannot be told apart in names of objects.`, {
    where: { place: inputs.find(({ uid }) => uid === second)!.place },
    did: 'nothing was started',
    next: ["give one of them a name: ssc.source('orders', …)"],
  })
}

/** State cannot move to two operators. */
function assertOneHeirEach(nodes: readonly StreamNode[]): void {
  const heirs = new Map<string, StreamNode>()
  for (const node of nodes) {
    if (node.was === undefined) continue
    if (heirs.has(node.was))
      throw new SluiceError('E_NAME', `Two operators say that they were "${node.was}".`, {
        where: { place: node.place },
        did: 'nothing was started',
        next: ['leave one of them out'],
      })
    heirs.set(node.was, node)
  }
}

function derivedUid(node: StreamNode): string {
  const parent = node.parents[0]
  if (!anchorsUid(node)) return parent ? parent.uid : node.operator
  return parent ? `${shortened(parent.uid)}/${node.operator}` : node.operator
}

/** A path of thousands of operators would be most of what a batch writes; no store takes it in a key either. */
const shortened = (uid: OperatorUid): string => {
  if (uid.length <= PATH_MAX) return uid
  return `deep-${createHash('sha256').update(uid).digest('hex').slice(0, 24)}`
}

const PATH_MAX = 800

/** `numbers` holds the next one to try for each uid: of thousands alike each would try those of all before it. */
function unique(uid: OperatorUid, taken: Set<string>, numbers: Map<string, number>, node: StreamNode): string {
  if (!anchorsUid(node)) return uid
  let n = numbers.get(uid) ?? 1
  let candidate = uid
  if (n > 1) candidate = `${uid}-${n}`
  while (taken.has(candidate)) candidate = `${uid}-${++n}`
  numbers.set(uid, n + 1)
  taken.add(candidate)
  return candidate
}
