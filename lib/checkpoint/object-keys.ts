import type {
  AppName,
  BatchNumber,
  ExecutionNumber,
  Incarnation,
  OperatorUid,
  PartitionId,
  ShuffleId,
  TaskId,
} from '../model/ids.ts'

/** What an object is: the third part of its key, behind app and incarnation. */
const FOLDERS = {
  shuffle: 'blk',
  state: 'st',
  output: 'out',
  'dead-letters': 'dlq',
  'dead-letter-command': 'ctl',
  'output-command': 'ctl-out',
  plan: 'plan',
  manifest: 'man',
  graph: 'graph',
  received: 'rcv',
  message: 'msg',
  'garbage-note': 'gc',
} as const

export type ObjectKind = keyof typeof FOLDERS

/** What the key of an object says. */
interface ParsedKey {
  readonly app: AppName
  readonly inc: Incarnation
  readonly kind: ObjectKind
  /** Of which batch it is, where objects of this kind belong to one. */
  readonly batch: BatchNumber | null
  /** What the writer drew for itself: its run, or the nonce of what it wrote. */
  readonly writer: string
}

/**
 * Keys of objects: the one place that builds them, and `parseKey` the one that reads them. All lie under
 * `<app>/<inc>/<kind>/`:
 *
 *     blk/<spread>/<batch>/s<shuffle>.<exec>/<task>/<id>     ctl/<id>.json
 *     st/<operator>/<spread>/<batch>/<task>/<id>.<suffix>    plan/<spread>/<batch>/<nonce>.json
 *     st/<spread>/<batch>/<task>/<id>.<suffix>
 *     out/<spread>/<batch>/<output>/p<partition>/<id>        man/<spread>/<batch>/<nonce>.json
 *     dlq/<spread>/<batch>/<id>                              graph/<spread>/<batch>/<id>.json
 *     msg/<batch>/<id>.json                                  rcv/<source>/…
 *     ctl-out/<id>.json                                      gc/<batch>/<id>.json
 *
 * Each ends in the id of the execution, 128 random bits drawn by that process and by nobody else: two executions of one
 * task never write the same key, so a zombie can only leave objects that nobody refers to. Only sources look for
 * objects below a prefix, so theirs must differ.
 */
export class ObjectKeys {
  readonly #app: AppName
  readonly #inc: Incarnation

  constructor(app: AppName, inc: Incarnation) {
    this.#app = app
    this.#inc = inc
  }

  /** Of every incarnation of an app. */
  static ofApp(app: AppName): string {
    return `${app}/`
  }

  get root(): string {
    return `${this.#app}/${this.#inc}/`
  }
  shuffle(batch: BatchNumber, shuffle: ShuffleId, exec: ExecutionNumber, task: TaskId, id: string): string {
    return this.#key('shuffle', `${spread(batch)}/s${shuffle}.${exec}/${task}/${id}`)
  }
  state(operator: OperatorUid, batch: BatchNumber, task: TaskId, id: string, suffix: string): string {
    return this.#key('state', `${plain(operator)}/${spread(batch)}/${task}/${id}.${suffix}`)
  }
  /** Of several partitions or operators. */
  states(batch: BatchNumber, task: TaskId, id: string, suffix: string): string {
    return this.#key('state', `${spread(batch)}/${task}/${id}.${suffix}`)
  }
  retained(stream: OperatorUid, batch: BatchNumber, partition: PartitionId, id: string): string {
    return this.#key('state', `${plain(stream)}/${spread(batch)}/p${partition}/${id}.r`)
  }
  output(output: OperatorUid, batch: BatchNumber, partition: PartitionId, id: string): string {
    return this.#key('output', `${spread(batch)}/${plain(output)}/p${partition}/${id}`)
  }
  deadLetters(batch: BatchNumber, id: string): string {
    return this.#key('dead-letters', `${spread(batch)}/${id}`)
  }
  /** What somebody decided about dead letters; whoever holds the head reads it when it starts. */
  deadLetterCommand(id: string): string {
    return this.#key('dead-letter-command', `${id}.json`)
  }
  /** Below which those lie. Ends in a slash. */
  get deadLetterCommands(): string {
    return this.#key('dead-letter-command', '')
  }
  /** What somebody decided about outputs; whoever holds the head looks for it while anything is owed. */
  outputCommand(id: string): string {
    return this.#key('output-command', `${id}.json`)
  }
  /** Below which those lie. Ends in a slash. */
  get outputCommands(): string {
    return this.#key('output-command', '')
  }
  plan(batch: BatchNumber, nonce: string): string {
    return this.#key('plan', `${spread(batch)}/${nonce}.json`)
  }
  manifest(batch: BatchNumber, nonce: string): string {
    return this.#key('manifest', `${spread(batch)}/${nonce}.json`)
  }
  graph(batch: BatchNumber, id: string): string {
    return this.#key('graph', `${spread(batch)}/${id}.json`)
  }
  /** What goes to a function or comes from it, and is too big for the trip. */
  message(batch: BatchNumber, id: string): string {
    return this.#key('message', `${batch}/${id}.json`)
  }
  /** What was found dead when `batch` was the last committed one. */
  garbageNote(batch: BatchNumber, id: string): string {
    return this.#key('garbage-note', `${batch}/${id}.json`)
  }
  /** Where one source may put objects; it lists and sweeps them itself. Ends in a slash. */
  source(uid: OperatorUid): string {
    return this.#key('received', `${plain(uid)}/`)
  }

  #key(kind: ObjectKind, rest: string): string {
    return `${this.root}${FOLDERS[kind]}/${rest}`
  }
}

const KINDS: ReadonlyMap<string, ObjectKind> = new Map(
  Object.entries(FOLDERS).map(([kind, folder]) => [folder, kind as ObjectKind]),
)

const KIND_AT = 2

/** Which part is the batch; counted from the end where names of any length come before it. */
const BATCH_AT: Partial<Record<ObjectKind, number>> = {
  shuffle: 4,
  output: 4,
  'dead-letters': 4,
  plan: 4,
  manifest: 4,
  graph: 4,
  message: 3,
  'garbage-note': 3,
  state: -3,
}

/** What a key says, or null for what is not the key of an object. Each reference of each answer comes through here. */
export function parseKey(key: string): ParsedKey | null {
  const parts = key.split('/')
  const [app, inc, type] = parts
  const kind = KINDS.get(type ?? '')
  if (kind === undefined || parts.length <= KIND_AT + 1 || !parts.every(isName)) return null
  return { app: app!, inc: inc!, kind, batch: batchIn(parts, BATCH_AT[kind]), writer: writerOf(key) }
}

/** What its writer drew for itself: it stands in front of the last part of a key, up to a dot. */
export function writerOf(key: string): string {
  const from = key.lastIndexOf('/') + 1
  const dot = key.indexOf('.', from)
  return dot === -1 ? key.slice(from) : key.slice(from, dot)
}

const isName = (part: string): boolean => part !== '' && part !== '.' && part !== '..'

/** Below which all objects of one kind lie. */
export const folderOf = (app: AppName, inc: Incarnation, kind: ObjectKind): string => `${app}/${inc}/${FOLDERS[kind]}/`

/** Whether a key names something below a folder, without leading out of it: what `parseKey` says, for less. */
export const liesIn = (key: string, folder: string): boolean => key.startsWith(folder) && !NO_NAME.test(key)
const NO_NAME = /\/\.{0,2}(?:\/|$)/

function batchIn(parts: readonly string[], at: number | undefined): BatchNumber | null {
  if (at === undefined) return null
  const place = at < 0 ? parts.length + at : at
  const number = parts[place]
  if (place <= KIND_AT || number === undefined || !/^\d+$/.test(number)) return null
  return Number(number)
}

/** What kind of object a key names; null for what is not the key of an object. */
export const kindOf = (key = ''): ObjectKind | null => parseKey(key)?.kind ?? null

/**
 * A key without what is random in it, so that it means the same in another run: the incarnation, the digits that spread
 * batches, and the run of the writer.
 */
export const stableKey = (key: string): string =>
  key
    .replace(/\/[0-9a-f]{2}(?=\/\d+\/)/, '')
    .split('/')
    .filter((part) => !/^[0-9a-f]{32}/.test(part))
    .join('/')

/**
 * Two sources of which one would find, and sweep, what the other has put below its prefix; null where each has a
 * prefix of its own.
 */
export function clashingSources(uids: readonly string[]): readonly [string, string] | null {
  const owners = new Map<string, OperatorUid>()
  for (const uid of uids) {
    const same = owners.get(plain(uid))
    if (same !== undefined && same !== uid) return [same, uid]
    owners.set(plain(uid), uid)
  }
  for (const uid of uids)
    for (const above of foldersAbove(plain(uid))) if (owners.has(above)) return [owners.get(above)!, uid]
  return null
}

const foldersAbove = (path: string): string[] => Array.from(path.matchAll(/\//g), ({ index }) => path.slice(0, index))

/**
 * Derived uids hold what no store takes in a key. Two operators or outputs that come out alike do no harm: the run
 * tells their objects apart.
 */
const plain = (uid: OperatorUid): string => uid.replaceAll(/[^A-Za-z0-9._/-]/g, '_')

/** Two hex digits in front spread the load over prefixes; one batch stays under one prefix. */
function spread(batch: BatchNumber): string {
  const mixed = Math.imul(batch, 0x9e3779b1) >>> 24
  return `${mixed.toString(16).padStart(2, '0')}/${batch}`
}
