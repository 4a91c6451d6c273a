import type { OperatorUid } from '../model/ids.ts'
import type { ErrorCode } from '../model/error-codes.ts'
import type { GraphFacts, OperatorFacts } from '../model/graph-facts.ts'
import type { StateChange } from '../model/manifest.ts'
import { HASH_PARTITIONER } from '../shuffle/partitioner.ts'

/**
 * Whether a changed program may go on from what another version of it has stored. @testing Tables of tests name it.
 */
export type GraphVerdict = 'same' | 'allowed' | 'migrate' | 'refuse'

export interface Finding {
  readonly uid: OperatorUid
  /** What changed, in a few words. */
  readonly what: string
  readonly old: string
  readonly new: string
  /** `drop`: what is stored does not fit and is given up, because that was asked for. */
  readonly verdict: 'allowed' | 'migrate' | 'drop' | 'refuse'
  /** Of the error, for what is refused. */
  readonly code?: ErrorCode
  /** What to do about a refusal, one entry per choice. */
  readonly wayOut: readonly string[]
}

/** What a manifest holds that belongs to operators. */
export interface Kept {
  readonly state: { readonly [uid: string]: { readonly keys: number; readonly version: number } }
  /** Names under which windows keep the records of past batches. */
  readonly records: readonly string[]
  readonly positions: readonly string[]
  /** Outputs of committed batches that are not delivered yet. */
  readonly undelivered: readonly string[]
}

export interface Comparison {
  readonly verdict: GraphVerdict
  readonly findings: readonly Finding[]
  /** What has to happen to the manifest before the new graph can go on from it. */
  readonly change: StateChange
}

/**
 * Compares the graph that made the last manifest with the one that wants to go on. `droppable` names operators whose
 * state and sources whose position may be given up where they do not fit: it is a permission, so that leaving it in
 * place does no harm.
 */
export function compareGraphs(
  stored: GraphFacts,
  current: GraphFacts,
  kept: Kept,
  droppable: readonly string[] = [],
): Comparison {
  return new GraphComparison(stored, current, kept, new Set(droppable)).result()
}

class GraphComparison {
  readonly #stored: GraphFacts
  readonly #current: GraphFacts
  readonly #kept: Kept
  readonly #droppable: ReadonlySet<string>
  readonly #before: ReadonlyMap<string, OperatorFacts>
  readonly #now: ReadonlyMap<string, OperatorFacts>
  readonly #heirs: ReadonlyMap<string, string>
  readonly #placesBefore: Places
  readonly #placesNow: Places
  readonly #findings: Finding[] = []
  readonly #moved: Record<string, string> = {}
  readonly #dropped = new Set<string>()

  constructor(stored: GraphFacts, current: GraphFacts, kept: Kept, droppable: ReadonlySet<string>) {
    this.#stored = stored
    this.#current = current
    this.#kept = kept
    this.#droppable = droppable
    this.#before = byUid(stored)
    this.#now = byUid(current)
    this.#placesBefore = placesOf(stored)
    this.#placesNow = placesOf(current)
    this.#heirs = new Map(
      current.operators
        .filter(({ was, uid }) => was !== undefined && this.#inherits(was, uid))
        .map(({ was, uid }) => [was!, uid]),
    )
  }

  /** Only a former name that still holds something, and that no operator has now, is anything to inherit from. */
  #inherits(was: string, uid: OperatorUid): boolean {
    return this.#before.has(was) && !this.#now.has(was) && !this.#before.has(uid)
  }

  result(): Comparison {
    this.#compareWhole()
    for (const operator of this.#before.values()) this.#compareOperator(operator)
    this.#reportNew()
    this.#reportSteps()
    const verdicts = new Set(this.#findings.map(({ verdict }) => verdict))
    const verdict = verdicts.has('refuse')
      ? 'refuse'
      : verdicts.has('migrate')
        ? 'migrate'
        : verdicts.size > 0
          ? 'allowed'
          : 'same'
    return { verdict, findings: this.#findings, change: { moved: this.#moved, dropped: [...this.#dropped] } }
  }

  #compareWhole(): void {
    const [old, now] = [this.#stored.batchMs, this.#current.batchMs]
    if (old !== now) this.#allow('the app', 'batch interval', `${old} ms`, `${now} ms`)
    const [groups, groupsNow] = [this.#stored.keyGroups, this.#current.keyGroups]
    if (groups === groupsNow || Object.keys(this.#kept.state).length === 0) return
    this.#refuse('E_STATE_CHANGED', 'the app', 'number of key groups', String(groups), String(groupsNow), [
      `go back to ${groups} key groups`,
      'begin anew: --fresh, or another --dir',
    ])
  }

  #compareOperator(old: OperatorFacts): void {
    const uid = this.#now.has(old.uid) ? old.uid : (this.#heirs.get(old.uid) ?? null)
    const now = uid === null ? null : this.#now.get(uid)!
    if (this.#isAmbiguous(old)) this.#compareAmbiguous(old)
    else if (!now) this.#compareGone(old)
    else if (this.#fits(old, now)) this.#carryOver(old, now)
  }

  // — operators without a name

  /** Of several in one place, numbered in order, one came or went: which of them is which cannot be told. */
  #isAmbiguous(old: OperatorFacts): boolean {
    const place = this.#placesBefore.placeOf(old)
    const [before, now] = [this.#placesBefore.countAt(place), this.#placesNow.countAt(place)]
    return !old.named && now > 0 && before !== now
  }

  #compareAmbiguous(old: OperatorFacts): void {
    const place = this.#placesBefore.placeOf(old)
    const [before, now] = [this.#placesBefore.countAt(place), this.#placesNow.countAt(place)].map(
      (count) => `one of ${count} in this place`,
    )
    const names = `give each of them a name, those that were there with was: { name: …, was: '${old.uid}' }`
    if (this.#holds(old) || (this.#keepsPosition(old) && old.source!.identity === null))
      this.#giveUp(old, 'number of operators without a name', before, now, 'E_STATE_AMBIGUOUS', [
        names,
        dropWay(old.uid, 'what it keeps'),
      ])
    else if (old.output && this.#kept.undelivered.includes(old.uid))
      this.#refuse(
        'E_OUTPUT_UNDELIVERED',
        old.uid,
        'number of outputs without a name',
        before,
        now,
        deliverWays(old.uid),
      )
    else if (this.#now.has(old.uid)) this.#fits(old, this.#now.get(old.uid)!)
    else this.#allow(old.uid, 'removed', old.kind, 'none')
  }

  // — operators that are gone

  #compareGone(old: OperatorFacts): void {
    if (this.#holdsAlone(old))
      this.#giveUp(old, 'gone', this.#contentOf(old), 'no operator of this uid', 'E_STATE_ORPHANED', orphanWays(old))
    else if (this.#keepsPosition(old)) {
      this.#giveUp(old, 'gone', `${old.source!.name} with a position`, 'no source of this uid', 'E_SOURCE_CHANGED', [
        'keep the name of the source, or leave it without one as before',
        dropWay(old.uid, 'its position'),
      ])
    } else if (old.output && this.#kept.undelivered.includes(old.uid)) {
      this.#refuse(
        'E_OUTPUT_UNDELIVERED',
        old.uid,
        'gone',
        'output with undelivered batches',
        'no output of this uid',
        deliverWays(old.uid),
      )
    } else this.#allow(old.uid, 'removed', old.kind, 'none')
  }

  #holds({ uid, window }: OperatorFacts): boolean {
    return (
      Object.hasOwn(this.#kept.state, uid) || (window?.keeps !== undefined && this.#kept.records.includes(window.keeps))
    )
  }

  #holdsAlone(old: OperatorFacts): boolean {
    return this.#holds(old) && !(old.window?.keeps !== undefined && this.#readByAnother(old))
  }

  #keepsPosition({ uid, source }: OperatorFacts): boolean {
    return source !== undefined && !source.receives && this.#kept.positions.includes(uid)
  }

  /** Windows of one stream share the records they keep. */
  #readByAnother(old: OperatorFacts): boolean {
    return this.#stored.operators.some(
      (other) => other !== old && other.window?.keeps === old.window!.keeps && this.#now.has(other.uid),
    )
  }

  #contentOf(old: OperatorFacts): string {
    const state = this.#kept.state[old.uid]
    return state ? `${old.kind} with ${state.keys} keys` : `${old.kind} with records of past batches`
  }

  // — operators that are there

  /** Whether what the old operator kept can be read by the new one. */
  #fits(old: OperatorFacts, now: OperatorFacts): boolean {
    const findings = this.#findings.length
    if (this.#holds(old)) this.#compareState(old, now)
    if (old.source && this.#kept.positions.includes(old.uid)) this.#compareSource(old, now)
    return !this.#findings.slice(findings).some(({ verdict }) => verdict === 'drop' || verdict === 'refuse')
  }

  #compareState(old: OperatorFacts, now: OperatorFacts): void {
    const changed = (what: string, before: string, after: string, back: string): void => {
      if (before !== after)
        this.#giveUp(old, what, before, after, 'E_STATE_CHANGED', [back, dropWay(old.uid, 'what it keeps')])
    }
    changed(
      'kind',
      kindOf(old),
      kindOf(now),
      `let "${now.uid}" be what it was, and give the new operator a name of its own`,
    )
    if (kindOf(old) !== kindOf(now)) return
    if (old.window && now.window) this.#compareWindow(old, now, changed)
    if (old.partitioner && now.partitioner) this.#comparePartitioner(old, now, changed)
    if (now.state) this.#compareVersion(old, now)
  }

  #compareWindow(old: OperatorFacts, now: OperatorFacts, changed: Changed): void {
    changed(
      'window length',
      `${old.window!.lengthMs} ms`,
      `${now.window!.lengthMs} ms`,
      `go back to ${old.window!.lengthMs} ms`,
    )
    // With another interval everything below moves as well; that is said once.
    if (this.#stored.batchMs !== this.#current.batchMs) return this.#compareInterval(old)
    changed('window slide', `${old.slideMs} ms`, `${now.slideMs} ms`, `go back to ${old.slideMs} ms`)
    changed(
      'slide of its input',
      `${old.window!.paneMs} ms`,
      `${now.window!.paneMs} ms`,
      `go back to ${old.window!.paneMs} ms`,
    )
  }

  /** What a window keeps is kept by the times of batches, and those lie on another grid now. */
  #compareInterval(old: OperatorFacts): void {
    const { batchMs } = this.#stored
    this.#giveUp(old, 'batch interval', `${batchMs} ms`, `${this.#current.batchMs} ms`, 'E_INTERVAL_CHANGED', [
      `go back to an interval of ${batchMs} ms`,
      dropWay(old.uid, 'what the window keeps'),
    ])
  }

  #comparePartitioner(old: OperatorFacts, now: OperatorFacts, changed: Changed): void {
    const [before, after] = [old.partitioner!, now.partitioner!]
    changed('partitioner', before.id, after.id, 'go back to the partitioner it had')
    if (before.id !== after.id || before.partitions === after.partitions) return
    if (before.id === HASH_PARTITIONER)
      this.#allow(now.uid, 'partitions', String(before.partitions), String(after.partitions))
    else
      changed(
        'partitions of a partitioner of its own',
        String(before.partitions),
        String(after.partitions),
        `go back to ${before.partitions} partitions`,
      )
  }

  #compareVersion(old: OperatorFacts, now: OperatorFacts): void {
    const kept = this.#kept.state[old.uid].version
    const { version, migrates } = now.state!
    if (version === kept) return
    if (version > kept && migrates)
      return this.#add({
        uid: now.uid,
        what: 'state version',
        old: String(kept),
        new: String(version),
        verdict: 'migrate',
        wayOut: [],
      })
    const ways =
      version < kept
        ? [`deploy a build that reads version ${kept}`]
        : [`add migrate: (old, from) => … to "${now.uid}"`, `or go back to version ${kept}`]
    this.#giveUp(old, 'state version', String(kept), String(version), 'E_STATE_VERSION', [
      ...ways,
      dropWay(old.uid, 'its state'),
    ])
  }

  #compareSource(old: OperatorFacts, now: OperatorFacts): void {
    const [before, after] = [shownSource(old), shownSource(now)]
    if (before === after) return
    if (old.source!.receives && now.source?.receives) return this.#allow(now.uid, 'source', before, after)
    this.#giveUp(old, 'source', before, after, 'E_SOURCE_CHANGED', [
      'go back to the source it was',
      'give the new source a name of its own',
      dropWay(old.uid, 'its position'),
    ])
  }

  /** State, position and kept records go to where the new graph looks for them. */
  #carryOver(old: OperatorFacts, now: OperatorFacts): void {
    if (old.uid !== now.uid) {
      this.#moved[old.uid] = now.uid
      this.#allow(now.uid, 'uid', old.uid, now.uid)
    }
    const [from, to] = [old.window?.keeps, now.window?.keeps]
    if (from !== undefined && to !== undefined && from !== to && this.#kept.records.includes(from))
      this.#moved[from] = to
  }

  // — the rest

  #reportNew(): void {
    const inherited = new Set(this.#heirs.values())
    for (const { uid, kind } of this.#now.values())
      if (!this.#before.has(uid) && !inherited.has(uid)) this.#allow(uid, 'added', 'none', kind)
  }

  /** Record-wise steps hold nothing, so only that they changed is worth a word. */
  #reportSteps(): void {
    const [before, now] = [stepsOf(this.#stored), stepsOf(this.#current)]
    if (before !== now) this.#allow('the app', 'record-wise steps', before, now)
  }

  #giveUp(
    old: OperatorFacts,
    what: string,
    before: string,
    after: string,
    code: ErrorCode,
    ways: readonly string[],
  ): void {
    if (!this.#droppable.has(old.uid)) return this.#refuse(code, old.uid, what, before, after, ways)
    this.#dropped.add(old.uid)
    if (old.window?.keeps !== undefined && !this.#readByAnother(old)) this.#dropped.add(old.window.keeps)
    this.#add({ uid: old.uid, what, old: before, new: after, verdict: 'drop', wayOut: [] })
  }

  #refuse(code: ErrorCode, uid: OperatorUid, what: string, old: string, now: string, wayOut: readonly string[]): void {
    this.#add({ uid, what, old, new: now, verdict: 'refuse', code, wayOut })
  }

  #allow(uid: OperatorUid, what: string, old: string, now: string): void {
    this.#add({ uid, what, old, new: now, verdict: 'allowed', wayOut: [] })
  }

  #add(finding: Finding): void {
    this.#findings.push(finding)
  }
}

/**
 * Operators by where they stand: the path of sources, shuffles and state above them, as in a derived uid but without
 * numbers.
 */
interface Places {
  placeOf(operator: OperatorFacts): string
  countAt(place: string): number
}

function placesOf({ operators }: GraphFacts): Places {
  const placeOf = (operator: OperatorFacts): string => {
    const above = operator.parents.length > 0 ? placeOf(operators[operator.parents[0]]) : ''
    if (operator.named) return `"${operator.uid}"`
    return operator.own || above === '' ? `${above}/${operator.kind}` : above
  }
  const counts = new Map<string, number>()
  for (const operator of operators)
    if (operator.own) counts.set(placeOf(operator), (counts.get(placeOf(operator)) ?? 0) + 1)
  return { placeOf, countAt: (place) => counts.get(place) ?? 0 }
}

const deliverWays = (uid: OperatorUid): string[] => [
  'start the program that has this output once more: it delivers before anything else',
  `sluice outputs drop <dir> ${uid}     to give up what it has not delivered`,
]

type Changed = (what: string, before: string, after: string, back: string) => void

const byUid = ({ operators }: GraphFacts): Map<string, OperatorFacts> =>
  new Map(operators.filter(({ own }) => own).map((operator) => [operator.uid, operator]))

const stepsOf = ({ operators }: GraphFacts): string =>
  operators
    .filter(({ own }) => !own)
    .map(({ kind }) => kind)
    .join(' ') || 'none'

/** The two forms of a window keep different things. */
const kindOf = ({ kind, window }: OperatorFacts): string => (window?.inverse ? `${kind} with an inverse` : kind)

const shownSource = ({ kind, source }: OperatorFacts): string =>
  !source ? kind : source.identity === null ? source.name : `${source.name} ${source.identity}`

const orphanWays = ({ uid, kind }: OperatorFacts): string[] => [
  `same ${kind} under another name? give it { name: …, was: '${uid}' }`,
  dropWay(uid, 'what it keeps'),
]

const dropWay = (uid: OperatorUid, what: string): string => `give ${what} up: --drop-state ${uid}`
