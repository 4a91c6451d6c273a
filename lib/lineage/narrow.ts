import { noteRecord } from '../model/errors.ts'
import { checkIterable, checkSettled } from '../model/settled.ts'
import { checkPair } from '../shuffle/writer.ts'
import { copyIfStorable } from '../state/own-copy.ts'
import { needsFunction } from './bad-argument.ts'
import { freezing, frozen } from './frozen.ts'
import { LOOP_MAX } from './landings.ts'
import {
  chain,
  ArraySink,
  type MaybePromise,
  narrow,
  type RddNode,
  runPartition,
  type Sink,
  type TaskScope,
  whereOf,
} from './node.ts'

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
  if (typeof op.f !== 'function') needsFunction(op.f, op.kind)
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

function computeChain<T>(top: NarrowNode<T>, split: number, task: TaskScope, sink: Sink<T>): MaybePromise<void> {
  const nodes: NarrowNode<any>[] = [top]
  let input = top.parent
  while (isFusable(input) && nodes.length < LOOP_MAX) {
    nodes.push(input)
    input = input.parent
  }
  nodes.reverse()
  const ops = nodes.map(({ op }) => op)
  const loops = task.freezes ? freezingLoops(ops, input.kind === 'source') : loopsOf(ops)
  const emit = sink.emit as (record: unknown) => void
  let before = 0
  const look = lookingAt(nodes, (i, error) => {
    if (input.recordName) noteRecord(error, input.recordName(split, before + i))
  })
  const chunk = (records: readonly unknown[]): void => {
    for (let from = 0; from < records.length;) {
      // A chain that has been looked at runs without: a look at every record would cost a tenth of the loop.
      const to = look.isDone() ? records.length : Math.min(records.length, from + LOOKED_AT)
      loops[look.isDone() ? 'quick' : 'looking'](records, from, to, emit, look)
      from = to
    }
    before += records.length
  }
  return runPartition(input, split, task, { emit: (record: unknown) => chunk([record]), chunk })
}

/** How many records go by before it is asked whether every operator has been looked at. */
const LOOKED_AT = 64

/**
 * What a loop asks about what the functions of its chain take and give, by their position: of each the first record of
 * a partition. A function that is asynchronous, or given records that are no pairs, is so from the first.
 */
interface Look {
  pair(position: number, record: unknown): void
  settled(position: number, result: unknown): void
  iterable(position: number, result: unknown): void
  /** Whether a record stays for which a filter gave this, which is not `true`. */
  kept(position: number, result: unknown): boolean
  /** Whether every operator has met a record. */
  isDone(): boolean
  /** The key of one of several pairs: who changes it must not change that of the others. */
  own(key: unknown): unknown
  /** Hears at which record of its chunk the loop has thrown. */
  failed(index: number, error: unknown): void
}

function lookingAt(nodes: readonly NarrowNode<any>[], failed: Look['failed']): Look {
  const met = new Set<number>()
  const caller = (position: number): string => nodes[position].op.kind
  return {
    failed,
    own: copyIfStorable,
    isDone: () => met.size === nodes.length,
    // A key that is `undefined` is looked at by whoever needs it.
    pair: (position, record) => {
      if (!Array.isArray(record) || record.length !== 2) checkPair(record, whereOf(nodes[position]))
    },
    settled: (position, result) => {
      met.add(position)
      if (typeof result === 'object') checkSettled(result, caller(position), whereOf(nodes[position]))
    },
    kept: (position, result) => {
      if (typeof result === 'object') checkSettled(result, caller(position), whereOf(nodes[position]))
      return Boolean(result)
    },
    // What it holds is looked at one by one.
    iterable: (position, result) => {
      checkIterable(result, caller(position), whereOf(nodes[position]))
    },
  }
}

const isFusable = (node: RddNode<any>): node is NarrowNode<any> => node.kind === 'narrow' && !node.cached && !node.lands

type Loop = (records: readonly unknown[], from: number, to: number, emit: (record: unknown) => void, look: Look) => void

interface Loops {
  readonly looking: Loop
  readonly quick: Loop
}

/**
 * Chains by their functions, the first one first. Weak, so that closures made anew for each batch are let go with their
 * loops.
 */
interface Chains {
  readonly next: WeakMap<object, Map<NarrowOp['kind'], Chains>>
  loops?: Loops
}

const chains: Chains = { next: new WeakMap() }

/**
 * One loop per chain of closures. Each chain gets a function of its own, so that the engine underneath sees one target
 * per call site and inlines it; a loop shared by several pipelines of a process runs several times slower.
 */
function loopsOf(ops: readonly NarrowOp[]): Loops {
  const chain = ops.reduce(chainAfter, chains)
  return (chain.loops ??= generated(ops) ?? composed(ops))
}

function chainAfter({ next }: Chains, { f, kind }: NarrowOp): Chains {
  let byKind = next.get(f)
  if (!byKind) next.set(f, (byKind = new Map()))
  let chain = byKind.get(kind)
  if (!chain) byKind.set(kind, (chain = { next: new WeakMap() }))
  return chain
}

/** Source text made of operator positions only, never of user text. */
function generated(ops: readonly NarrowOp[]): Loops | null {
  try {
    return { looking: loopFrom(ops, lookingText), quick: loopFrom(ops, quickText) }
  } catch (error) {
    if (error instanceof EvalError) return null // code generation is switched off in this process
    throw error
  }
}

/** The text of one operator: from `x<i>` to `x<i + 1>`, around what follows. */
type Part = { readonly open: string; readonly close: string }

function loopFrom(ops: readonly NarrowOp[], partOf: (kind: NarrowOp['kind'], i: number) => Part): Loop {
  const parts = ops.map(({ kind }, i) => partOf(kind, i))
  const text =
    'return function(records,from,to,emit,look){let i=from;try{for(;i<to;i++){const x0=records[i];' +
    `${parts.map(({ open }) => open).join('')}emit(x${ops.length});${parts.map(({ close }) => close).join('')}` +
    '}}catch(e){look.failed(i,e);throw e}}'
  // oxlint-disable-next-line typescript/no-implied-eval -- the text holds nothing of the user's
  return new Function(...ops.map((_, i) => `f${i}`), text)(...ops.map((op) => op.f)) as Loop
}

/** Nearly every function gives an array. */
const walkedText = (i: number): string => `if(!Array.isArray(r${i}))look.iterable(${i},r${i});`

function quickText(kind: NarrowOp['kind'], i: number): Part {
  const [x, y] = [`x${i}`, `x${i + 1}`]
  const pair = `if(${x}==null)look.pair(${i},${x});`
  const walked = walkedText(i)
  switch (kind) {
    case 'map':
      return { open: `const ${y}=f${i}(${x});`, close: '' }
    case 'mapValues':
      return { open: `${pair}const ${y}=[${x}[0],f${i}(${x}[1])];`, close: '' }
    case 'filter':
      // A promise is true, and would keep its record: a filter may wait for some records only.
      return {
        open: `const b${i}=f${i}(${x});if(b${i}===true||b${i}&&look.kept(${i},b${i})){const ${y}=${x};`,
        close: '}',
      }
    case 'flatMap':
      return { open: `const r${i}=f${i}(${x});${walked}for(const ${y} of r${i}){`, close: '}' }
    case 'flatMapValues': {
      const key = `typeof ${x}[0]==='object'?look.own(${x}[0]):${x}[0]`
      const values = `const r${i}=f${i}(${x}[1]);${walked}`
      return { open: `${pair}${values}for(const v${i} of r${i}){const ${y}=[${key},v${i}];`, close: '}' }
    }
  }
}

function lookingText(kind: NarrowOp['kind'], i: number): Part {
  const [x, y] = [`x${i}`, `x${i + 1}`]
  const pair = `look.pair(${i},${x});`
  const settled = `look.settled(${i},${y});`
  const iterable = walkedText(i)
  switch (kind) {
    case 'map':
      return { open: `const ${y}=f${i}(${x});${settled}`, close: '' }
    case 'mapValues':
      return { open: `${pair}const v${i}=f${i}(${x}[1]);const ${y}=[${x}[0],v${i}];${settled}`, close: '' }
    case 'filter':
      return { open: `const b${i}=f${i}(${x});look.settled(${i},b${i});if(b${i}){const ${y}=${x};`, close: '}' }
    case 'flatMap':
      return { open: `const r${i}=f${i}(${x});${iterable}for(const ${y} of r${i}){${settled}`, close: '}' }
    case 'flatMapValues': {
      const walk = `for(const v${i} of r${i}){const ${y}=[look.own(${x}[0]),v${i}];${settled}`
      return { open: `${pair}const r${i}=f${i}(${x}[1]);${iterable}${walk}`, close: '}' }
    }
  }
}

/** For tests: neither what a source gives nor what an operator emits can be changed afterwards. */
function freezingLoops(ops: readonly NarrowOp[], isFromSource: boolean): Loops {
  const { looking } = composed(ops.map(freezing))
  const loop: Loop = (records, from, to, emit, look) => {
    const part = records.slice(from, to)
    const failed: Look['failed'] = (i, error) => look.failed(from + i, error)
    looking(isFromSource ? part.map(frozen) : part, 0, part.length, emit, { ...look, failed })
  }
  return { looking: loop, quick: loop }
}

/** The same loop from closures, for processes that forbid generated code; it looks at every record. */
function composed(ops: readonly NarrowOp[]): Loops {
  const loop: Loop = (records, from, to, emit, look) => {
    const first = ops.reduceRight((next, op, i) => step(op, i, look, next), emit)
    let i = from
    try {
      for (; i < to; i++) first(records[i])
    } catch (error) {
      look.failed(i, error)
      throw error
    }
  }
  return { looking: loop, quick: loop }
}

function step(op: NarrowOp, position: number, look: Look, next: (record: unknown) => void): (record: unknown) => void {
  const { f } = op as { f: (value: any) => any }
  const settled = (result: unknown): unknown => {
    look.settled(position, result)
    return result
  }
  const iterable = (result: Iterable<unknown>): Iterable<unknown> => {
    look.iterable(position, result)
    return result
  }
  const pairOf = (record: unknown): readonly [unknown, unknown] => {
    look.pair(position, record)
    return record as readonly [unknown, unknown]
  }
  switch (op.kind) {
    case 'map':
      return (record) => next(settled(f(record)))
    case 'filter':
      return (record) => {
        if (settled(f(record))) next(record)
      }
    case 'flatMap':
      return (record) => {
        for (const out of iterable(f(record) as Iterable<unknown>)) next(settled(out))
      }
    case 'mapValues':
      return (record) => {
        const [key, value] = pairOf(record)
        next([key, settled(f(value))])
      }
    case 'flatMapValues':
      return (record) => {
        const [key, value] = pairOf(record)
        for (const out of iterable(f(value) as Iterable<unknown>)) next(settled([look.own(key), out]))
      }
  }
}

/** A function over a whole partition; it sees an iterator, so the partition is gathered first. */
export function partitionsNode<T, U>(
  parent: RddNode<T>,
  f: (records: IterableIterator<T>, split: number) => Iterable<U>,
  preservesPartitioning = false,
): RddNode<U> {
  const node: RddNode<U> = {
    kind: 'mapPartitions',
    partitions: parent.partitions,
    partitioner: preservesPartitioning ? parent.partitioner : null,
    dependencies: [narrow(parent)],
    compute(split, task, sink) {
      const applyTo = (given: readonly T[]): void => {
        const records = f(given.values(), split)
        checkIterable(records, 'mapPartitions', whereOf(node))
        if (Array.isArray(records)) sink.chunk(records as U[])
        else for (const record of records) sink.emit(record)
      }
      const { blame } = task
      const gathered = blame?.buffer<T>()
      const buffer = new ArraySink<T>()
      return chain(runPartition(parent, split, task, gathered?.sink ?? buffer), () =>
        gathered ? blame!.ofMany(gathered.records, applyTo) : applyTo(buffer.records),
      )
    },
  }
  return node
}
