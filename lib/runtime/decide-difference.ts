import type { GraphFacts, OperatorFacts } from '../model/graph-facts.ts'
import type { OperatorUid } from '../model/ids.ts'
import type { StateChange } from '../model/manifest.ts'
import { HASH_PARTITIONER } from '../shuffle/partitioner.ts'
import type { Difference, Judged, StateForm, Verdict } from './graph-difference.ts'

/** What a manifest holds that belongs to operators. */
export interface Kept {
  readonly state: { readonly [uid: string]: { readonly keys: number; readonly version: number } }
  /** Names under which windows keep the records of past batches. */
  readonly records: readonly string[]
  readonly positions: readonly string[]
  /** Outputs of committed batches that are not delivered yet. */
  readonly undelivered: readonly string[]
}

/** What differs between two graphs, operator by operator, and what becomes of the state of each. */
export const differencesOf = (
  stored: GraphFacts,
  current: GraphFacts,
  kept: Kept,
  droppable: readonly string[],
): { readonly judged: readonly Judged[]; readonly change: StateChange } =>
  new GraphComparison(stored, current, kept, new Set(droppable)).result()

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
  readonly #judged: Judged[] = []
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

  result(): ReturnType<typeof differencesOf> {
    this.#compareWhole()
    for (const operator of this.#before.values()) this.#compareOperator(operator)
    this.#findNew()
    this.#compareSteps()
    return { judged: this.#judged, change: { moved: this.#moved, dropped: [...this.#dropped] } }
  }

  #compareWhole(): void {
    const [stored, current] = [this.#stored, this.#current]
    if (stored.batchMs !== current.batchMs)
      this.#allow(null, { kind: 'interval', old: stored.batchMs, new: current.batchMs })
    if (stored.keyGroups === current.keyGroups || Object.keys(this.#kept.state).length === 0) return
    this.#judge(null, { kind: 'key-groups', old: stored.keyGroups, new: current.keyGroups }, 'refuse')
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
    const counts = { old: this.#placesBefore.countAt(place), new: this.#placesNow.countAt(place) }
    if (this.#holds(old) || (this.#keepsPosition(old) && old.source!.identity === null))
      this.#giveUp(old, { kind: 'unnamed', ...counts, keeps: 'state' })
    else if (this.#isOwed(old)) this.#judge(old.uid, { kind: 'unnamed', ...counts, keeps: 'undelivered' }, 'refuse')
    else if (this.#now.has(old.uid)) this.#fits(old, this.#now.get(old.uid)!)
    else this.#allow(old.uid, { kind: 'removed', operator: old.kind })
  }

  // — operators that are gone

  #compareGone(old: OperatorFacts): void {
    if (this.#holdsAlone(old)) {
      const keys = this.#kept.state[old.uid]?.keys ?? null
      this.#giveUp(old, { kind: 'state-gone', operator: old.kind, keys })
    } else if (this.#keepsPosition(old)) this.#giveUp(old, { kind: 'source-gone', source: old.source!.name })
    else if (this.#isOwed(old)) this.#judge(old.uid, { kind: 'output-gone' }, 'refuse')
    else this.#allow(old.uid, { kind: 'removed', operator: old.kind })
  }

  #isOwed({ output, uid }: OperatorFacts): boolean {
    return output !== undefined && this.#kept.undelivered.includes(uid)
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

  // — operators that are there

  /** Whether what the old operator kept can be read by the new one. */
  #fits(old: OperatorFacts, now: OperatorFacts): boolean {
    const before = this.#judged.length
    if (this.#holds(old)) this.#compareState(old, now)
    if (old.source && this.#kept.positions.includes(old.uid)) this.#compareSource(old, now)
    return !this.#judged.slice(before).some(({ verdict }) => verdict === 'drop' || verdict === 'refuse')
  }

  #compareState(old: OperatorFacts, now: OperatorFacts): void {
    const [before, after] = [formOf(old), formOf(now)]
    if (before.kind !== after.kind || before.inverse !== after.inverse)
      return this.#giveUp(old, { kind: 'operator', old: before, new: after, successor: now.uid })
    if (old.window && now.window) this.#compareWindow(old, now)
    if (old.partitioner && now.partitioner) this.#comparePartitioner(old, now)
    if (now.state) this.#compareVersion(old, now)
  }

  #compareWindow(old: OperatorFacts, now: OperatorFacts): void {
    const [before, after] = [old.window!, now.window!]
    this.#holdTo(old, { kind: 'window-length', old: before.lengthMs, new: after.lengthMs })
    // With another interval everything below moves as well: what a window keeps is kept by the times of batches, and
    // those lie on another grid now. That is said once.
    const [interval, intervalNow] = [this.#stored.batchMs, this.#current.batchMs]
    if (interval !== intervalNow) return this.#giveUp(old, { kind: 'window-interval', old: interval, new: intervalNow })
    this.#holdTo(old, { kind: 'window-slide', old: old.slideMs, new: now.slideMs })
    this.#holdTo(old, { kind: 'window-input', old: before.paneMs, new: after.paneMs })
  }

  #comparePartitioner(old: OperatorFacts, now: OperatorFacts): void {
    const [before, after] = [old.partitioner!, now.partitioner!]
    if (before.id !== after.id) return this.#giveUp(old, { kind: 'partitioner', old: before.id, new: after.id })
    const counts = { old: before.partitions, new: after.partitions }
    if (before.id !== HASH_PARTITIONER) return this.#holdTo(old, { kind: 'own-partitions', ...counts })
    if (counts.old !== counts.new) this.#allow(now.uid, { kind: 'partitions', ...counts })
  }

  #compareVersion(old: OperatorFacts, now: OperatorFacts): void {
    const kept = this.#kept.state[old.uid]!.version
    const { version, migrates } = now.state!
    if (version === kept) return
    const difference = { kind: 'state-version', old: kept, new: version, successor: now.uid } as const
    if (version > kept && migrates) this.#judge(now.uid, difference, 'migrate')
    else this.#giveUp(old, difference)
  }

  #compareSource(old: OperatorFacts, now: OperatorFacts): void {
    const [before, after] = [old.source!, now.source]
    if (after?.name === before.name && after.identity === before.identity) return
    const difference = { kind: 'source', old, new: now } as const
    if (before.receives && after?.receives) this.#allow(now.uid, difference)
    else this.#giveUp(old, difference)
  }

  /** State, position and kept records go to where the new graph looks for them. */
  #carryOver(old: OperatorFacts, now: OperatorFacts): void {
    if (old.uid !== now.uid) {
      this.#moved[old.uid] = now.uid
      this.#allow(now.uid, { kind: 'uid', old: old.uid, new: now.uid })
    }
    const [from, to] = [old.window?.keeps, now.window?.keeps]
    if (from !== undefined && to !== undefined && from !== to && this.#kept.records.includes(from))
      this.#moved[from] = to
  }

  // — the rest

  #findNew(): void {
    const inherited = new Set(this.#heirs.values())
    for (const { uid, kind } of this.#now.values())
      if (!this.#before.has(uid) && !inherited.has(uid)) this.#allow(uid, { kind: 'added', operator: kind })
  }

  /** Record-wise steps hold nothing, so only that they changed is worth a word. */
  #compareSteps(): void {
    const [old, now] = [stepsOf(this.#stored), stepsOf(this.#current)]
    if (old.join(' ') !== now.join(' ')) this.#allow(null, { kind: 'steps', old, new: now })
  }

  /** What is kept fits no other number. */
  #holdTo(old: OperatorFacts, difference: Difference & { readonly old: number; readonly new: number }): void {
    if (difference.old !== difference.new) this.#giveUp(old, difference)
  }

  #giveUp(old: OperatorFacts, difference: Difference): void {
    if (!this.#droppable.has(old.uid)) return this.#judge(old.uid, difference, 'refuse')
    this.#dropped.add(old.uid)
    if (old.window?.keeps !== undefined && !this.#readByAnother(old)) this.#dropped.add(old.window.keeps)
    this.#judge(old.uid, difference, 'drop')
  }

  #allow(uid: OperatorUid | null, difference: Difference): void {
    this.#judge(uid, difference, 'allowed')
  }

  #judge(uid: OperatorUid | null, difference: Difference, verdict: Verdict): void {
    this.#judged.push({ uid, difference, verdict })
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
  const places = new Map<OperatorFacts, string>()
  const placeOf = (operator: OperatorFacts): string => places.get(operator)!
  // Parents come before those that they are parents of.
  for (const operator of operators) places.set(operator, placeFrom(operator, operators, placeOf))
  const counts = new Map<string, number>()
  for (const operator of operators)
    if (operator.own) counts.set(placeOf(operator), (counts.get(placeOf(operator)) ?? 0) + 1)
  return { placeOf, countAt: (place) => counts.get(place) ?? 0 }
}

function placeFrom(
  operator: OperatorFacts,
  operators: readonly OperatorFacts[],
  placeOf: (above: OperatorFacts) => string,
): string {
  if (operator.named) return `"${operator.uid}"`
  const [parent] = operator.parents
  if (parent === undefined) return `/${operator.kind}`
  const above = placeOf(operators[parent]!)
  if (!operator.own) return above
  return `${above}/${operator.kind}`
}

const byUid = ({ operators }: GraphFacts): Map<string, OperatorFacts> =>
  new Map(operators.filter(({ own }) => own).map((operator) => [operator.uid, operator]))

const stepsOf = ({ operators }: GraphFacts): string[] => operators.filter(({ own }) => !own).map(({ kind }) => kind)

const formOf = ({ kind, window }: OperatorFacts): StateForm => ({ kind, inverse: window?.inverse ?? false })
