import { freezing, frozen } from './frozen.ts'
import { type Done, narrow, type RddNode, run, type Sink, type TaskScope } from './node.ts'

export type NarrowOp =
  | { readonly kind: 'map'; readonly f: (record: any) => unknown }
  | { readonly kind: 'filter'; readonly f: (record: any) => unknown }
  | { readonly kind: 'flatMap'; readonly f: (record: any) => Iterable<unknown> }
  | { readonly kind: 'mapValues'; readonly f: (value: any) => unknown }
  | { readonly kind: 'flatMapValues'; readonly f: (value: any) => Iterable<unknown> }

interface NarrowNode<T> extends RddNode<T> {
  readonly kind: 'narrow'
  readonly op: NarrowOp
  readonly parent: RddNode<any>
}

/** An operator that looks at one record at a time. Chains of them become one loop (see `loopOf`). */
export function narrowNode<T>(parent: RddNode<any>, op: NarrowOp): RddNode<T> {
  const keepsKeys = op.kind === 'filter' || op.kind === 'mapValues' || op.kind === 'flatMapValues'
  const node: NarrowNode<T> = {
    kind: 'narrow',
    op,
    parent,
    partitions: parent.partitions,
    partitioner: keepsKeys ? parent.partitioner : null,
    dependencies: [narrow(parent)],
    compute: (split, task, sink) => computeChain(node, split, task, sink),
  }
  return node
}

function computeChain<T>(top: NarrowNode<T>, split: number, task: TaskScope, sink: Sink<T>): Done {
  const ops: NarrowOp[] = [top.op]
  let input = top.parent
  while (isFusable(input)) {
    ops.push(input.op)
    input = input.parent
  }
  const loop = task.freezes ? freezingLoop(ops.reverse(), input.kind === 'source') : loopOf(ops.reverse())
  const emit = sink.emit as (record: unknown) => void
  return run(input, split, task, {
    emit: (record: unknown) => loop([record], emit),
    chunk: (records) => loop(records, emit),
  })
}

const isFusable = (node: RddNode<any>): node is NarrowNode<any> => node.kind === 'narrow' && !node.cached

type Loop = (records: readonly unknown[], emit: (record: unknown) => void) => void

/**
 * Chains by their functions, the first one first. Weak, so that closures made anew for each batch are let go with their
 * loops.
 */
interface Chains {
  readonly next: WeakMap<object, Map<NarrowOp['kind'], Chains>>
  loop?: Loop
}

const chains: Chains = { next: new WeakMap() }

/**
 * One loop per chain of closures. Each chain gets a function of its own, so that the engine underneath sees one target
 * per call site and inlines it; a loop shared by several pipelines of a process runs several times slower.
 */
function loopOf(ops: readonly NarrowOp[]): Loop {
  const chain = ops.reduce(chainAfter, chains)
  return (chain.loop ??= generated(ops) ?? composed(ops))
}

function chainAfter({ next }: Chains, { f, kind }: NarrowOp): Chains {
  let byKind = next.get(f)
  if (!byKind) next.set(f, (byKind = new Map()))
  let chain = byKind.get(kind)
  if (!chain) byKind.set(kind, (chain = { next: new WeakMap() }))
  return chain
}

/** Source text made of operator positions only, never of user text. */
function generated(ops: readonly NarrowOp[]): Loop | null {
  let body = ''
  let close = ''
  ops.forEach((op, i) => {
    const [x, y] = [`x${i}`, `x${i + 1}`]
    if (op.kind === 'map') body += `const ${y}=f${i}(${x});`
    if (op.kind === 'mapValues') body += `const ${y}=[${x}[0],f${i}(${x}[1])];`
    if (op.kind === 'filter') [body, close] = [`${body}if(f${i}(${x})){const ${y}=${x};`, `}${close}`]
    if (op.kind === 'flatMap') [body, close] = [`${body}for(const ${y} of f${i}(${x})){`, `}${close}`]
    if (op.kind === 'flatMapValues')
      [body, close] = [`${body}for(const v${i} of f${i}(${x}[1])){const ${y}=[${x}[0],v${i}];`, `}${close}`]
  })
  const text =
    'return function(records,emit){for(let i=0;i<records.length;i++){const ' +
    `x0=records[i];${body}emit(x${ops.length});${close}}}`
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the text holds nothing of the user's
    return new Function(...ops.map((_, i) => `f${i}`), text)(...ops.map((op) => op.f)) as Loop
  } catch (error) {
    if (error instanceof EvalError) return null // code generation is switched off in this process
    throw error
  }
}

/** For tests: neither what a source gives nor what an operator emits can be changed afterwards. */
function freezingLoop(ops: readonly NarrowOp[], isFromSource: boolean): Loop {
  const loop = composed(ops.map(freezing))
  return isFromSource ? (records, emit) => loop(records.map(frozen), emit) : loop
}

/** The same loop from closures, for processes that forbid generated code. */
function composed(ops: readonly NarrowOp[]): Loop {
  return (records, emit) => {
    let next = emit
    for (const op of ops.toReversed()) next = step(op, next)
    for (const record of records) next(record)
  }
}

function step(op: NarrowOp, next: (record: any) => void): (record: any) => void {
  const { f } = op as { f: (value: any) => any }
  switch (op.kind) {
    case 'map':
      return (record) => next(f(record))
    case 'filter':
      return (record) => {
        if (f(record)) next(record)
      }
    case 'flatMap':
      return (record) => {
        for (const out of f(record)) next(out)
      }
    case 'mapValues':
      return (pair) => next([pair[0], f(pair[1])])
    case 'flatMapValues':
      return (pair) => {
        for (const out of f(pair[1])) next([pair[0], out])
      }
  }
}

/** A function over a whole partition; it sees an iterator, so the partition is gathered first. */
export function partitionsNode<T, U>(
  parent: RddNode<T>,
  f: (records: IterableIterator<T>, split: number) => Iterable<U>,
  preservesPartitioning = false,
): RddNode<U> {
  return {
    kind: 'mapPartitions',
    partitions: parent.partitions,
    partitioner: preservesPartitioning ? parent.partitioner : null,
    dependencies: [narrow(parent)],
    compute(split, task, sink) {
      const gathered: T[] = []
      const apply = (): void => {
        for (const record of f(gathered.values(), split)) sink.emit(record)
      }
      const done = run(parent, split, task, {
        emit: (record) => {
          gathered.push(record)
        },
        chunk: (records) => {
          for (const record of records) gathered.push(record)
        },
      })
      return done instanceof Promise ? done.then(apply) : apply()
    },
  }
}
