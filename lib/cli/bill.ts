/*
 * What is asked of the services, times list prices of us-east-1 in dollars. `plan` asks what calls a program will make
 * (cost.ts); the bench `bill` what calls it has made. How long a call takes is assumed, and not measured.
 */

/** Dollars for one of each. Functions run on arm64; writes of a table are per kB, reads per 4 kB. */
const PRICES = {
  invocation: 2e-7,
  gbSecond: 1.33334e-5,
  tableWrite: 6.25e-7,
  tableRead: 1.25e-7,
  put: 5e-6,
  get: 4e-7,
  message: 4e-7,
  logByte: 5e-10,
}

/** How long the services take to answer a function that is warm, in ms. */
export const ANSWER_MS = { put: 45, get: 30, list: 40, table: 6, invoke: 12, source: 40, queue: 12 } as const

/** Milliseconds of a whole virtual CPU that an invocation works besides its records. */
export const WORK_MS: Readonly<Record<FunctionKind, number>> = { coordinator: 8, task: 20, output: 4 }

/** The size from which on a function has a whole virtual CPU, in MB. */
const CPU_MB = 1769

export type FunctionKind = 'coordinator' | 'task' | 'output'
/** MB of the functions. */
export type MemorySize = Readonly<Record<FunctionKind, number>>

/** What was asked of the services, sources and sinks apart. */
export interface Usage {
  readonly invocations: number
  /** Billed, in milliseconds. */
  readonly ms: Readonly<Record<FunctionKind, number>>
  /** Of 1 kB each. */
  readonly tableWrites: number
  /** Consistent, of 4 kB each. */
  readonly tableReads: number
  /** Lists cost as much. */
  readonly puts: number
  readonly gets: number
  /** Requests to a queue. */
  readonly messages: number
  readonly logBytes: number
}

export const NOTHING: Usage = {
  invocations: 0,
  ms: { coordinator: 0, task: 0, output: 0 },
  tableWrites: 0,
  tableReads: 0,
  puts: 0,
  gets: 0,
  messages: 0,
  logBytes: 0,
}

/** Dollars, by what they are for. */
export interface Bill {
  readonly invocations: number
  readonly coordinator: number
  readonly task: number
  readonly output: number
  readonly table: number
  readonly objects: number
  readonly queue: number
  readonly logs: number
}

export function billOf(usage: Usage, memorySize: MemorySize): Bill {
  const timeOf = (name: FunctionKind): number => dollarsOfTime(usage.ms[name], memorySize[name])
  return {
    invocations: usage.invocations * PRICES.invocation,
    coordinator: timeOf('coordinator'),
    task: timeOf('task'),
    output: timeOf('output'),
    table: usage.tableWrites * PRICES.tableWrite + usage.tableReads * PRICES.tableRead,
    objects: usage.puts * PRICES.put + usage.gets * PRICES.get,
    queue: usage.messages * PRICES.message,
    logs: usage.logBytes * PRICES.logByte,
  }
}

/** What a function of so many MB is billed for its time. */
export const dollarsOfTime = (ms: number, memorySize: number): number =>
  (ms / 1000) * (memorySize / 1024) * PRICES.gbSecond

/** Dollars. */
export const sumOf = (bill: Bill): number => Object.values(bill).reduce((sum: number, each: number) => sum + each, 0)

/** `usage` of so many times. */
export const times = (usage: Usage, factor: number): Usage => combined(usage, NOTHING, (a) => a * factor)

export const plus = (a: Usage, b: Usage): Usage => combined(a, b, (x, y) => x + y)

const combined = (a: Usage, b: Usage, of: (x: number, y: number) => number): Usage => ({
  invocations: of(a.invocations, b.invocations),
  ms: {
    coordinator: of(a.ms.coordinator, b.ms.coordinator),
    task: of(a.ms.task, b.ms.task),
    output: of(a.ms.output, b.ms.output),
  },
  tableWrites: of(a.tableWrites, b.tableWrites),
  tableReads: of(a.tableReads, b.tableReads),
  puts: of(a.puts, b.puts),
  gets: of(a.gets, b.gets),
  messages: of(a.messages, b.messages),
  logBytes: of(a.logBytes, b.logBytes),
})

/** Milliseconds that a function of this size needs for work of so many on a whole virtual CPU. */
export const workMs = (ms: number, memorySize: number): number => ms / Math.min(1, memorySize / CPU_MB)
