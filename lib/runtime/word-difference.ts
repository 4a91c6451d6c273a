import { given } from '../model/given.ts'
import type { ErrorCode } from '../model/error-codes.ts'
import type { OperatorFacts } from '../model/graph-facts.ts'
import { codeOf, type Difference, type Judged, type StateForm, type Verdict } from './graph-difference.ts'

/** A difference as people read it. */
export interface Finding {
  /** Of the operator, or `the app`. */
  readonly uid: string
  /** What changed, in a few words. */
  readonly what: string
  readonly old: string
  readonly new: string
  readonly verdict: Verdict
  /** Of the error, for what is refused. */
  readonly code?: ErrorCode
  /** What to do about a refusal, one entry per choice. */
  readonly wayOut: readonly string[]
}

export function worded({ uid, difference, verdict }: Judged): Finding {
  const [what, old, now] = wordsOf(difference)
  const isRefused = verdict === 'refuse'
  return {
    uid: uid ?? 'the app',
    what,
    old,
    new: now,
    verdict,
    ...given({ code: isRefused && codeOf(difference) }),
    wayOut: isRefused ? waysOut(difference, uid ?? '') : [],
  }
}

/** What is refused, in a sentence of an error. */
export function refusalOf(judged: Judged): string {
  const { uid, what, old, new: now } = worded(judged)
  switch (judged.difference.kind) {
    case 'state-gone':
      return `The new code has no place for the state of ${uid} (${old}).`
    case 'state-version':
      return `"${uid}" holds state of version ${old}; this build reads version ${now}.`
    case 'window-interval':
      return `"${uid}" keeps batches of ${old}; the batch interval is ${now} now.`
    case 'unnamed':
      if (judged.difference.keeps === 'state') return `"${uid}": ${what} was ${old} and is ${now}.`
      return undeliverable(uid)
    case 'output-gone':
      return undeliverable(uid)
    case 'source-gone':
      return `The new code has no source "${uid}" (${old}).`
    case 'source':
      return `"${uid}": the source was ${old} and is ${now}.`
    default:
      return `"${uid}": ${what} was ${old} and is ${now}.`
  }
}

const undeliverable = (uid: string): string =>
  `The output "${uid}" has batches to deliver, and the new code has no such output.`

type Words = readonly [what: string, old: string, now: string]

function wordsOf(difference: Difference): Words {
  switch (difference.kind) {
    case 'interval':
    case 'window-interval':
      return ['batch interval', ...inMs(difference)]
    case 'key-groups':
      return ['number of key groups', ...asTexts(difference)]
    case 'steps':
      return ['record-wise steps', stepsIn(difference.old), stepsIn(difference.new)]
    case 'added':
      return ['added', 'none', difference.operator]
    case 'removed':
      return ['removed', difference.operator, 'none']
    case 'uid':
      return ['uid', difference.old, difference.new]
    case 'unnamed':
      return [unnamedOf(difference), ...placesOf(difference)]
    case 'state-gone':
      return ['gone', `${difference.operator} with ${contentOf(difference)}`, 'no operator of this uid']
    case 'source-gone':
      return ['gone', `${difference.source} with a position`, 'no source of this uid']
    case 'output-gone':
      return ['gone', 'output with undelivered batches', 'no output of this uid']
    case 'operator':
      return ['kind', formOf(difference.old), formOf(difference.new)]
    case 'window-length':
      return ['window length', ...inMs(difference)]
    case 'window-slide':
      return ['window slide', ...inMs(difference)]
    case 'window-input':
      return ['slide of its input', ...inMs(difference)]
    case 'partitioner':
      return ['partitioner', difference.old, difference.new]
    case 'partitions':
      return ['partitions', ...asTexts(difference)]
    case 'own-partitions':
      return ['partitions of a partitioner of its own', ...asTexts(difference)]
    case 'state-version':
      return ['state version', ...asTexts(difference)]
    case 'source':
      return ['source', shownSource(difference.old), shownSource(difference.new)]
  }
}

/** What can be done, one entry per choice. Differences that are never refused leave none. */
function waysOut(difference: Difference, uid: string): readonly string[] {
  switch (difference.kind) {
    case 'key-groups':
      return [`go back to ${difference.old} key groups`, 'begin anew: --fresh, or another --dir']
    case 'unnamed':
      if (difference.keeps === 'undelivered') return deliverWays(uid)
      return [
        `give each of them a name, those that were there with was: { name: …, was: '${uid}' }`,
        dropWay(uid, 'what it keeps'),
      ]
    case 'state-gone':
      return [
        `same ${difference.operator} under another name? give it { name: …, was: '${uid}' }`,
        dropWay(uid, 'what it keeps'),
      ]
    case 'source-gone':
      return ['keep the name of the source, or leave it without one as before', dropWay(uid, 'its position')]
    case 'output-gone':
      return deliverWays(uid)
    case 'operator':
      return [
        `let "${difference.successor}" be what it was, and give the new operator a name of its own`,
        dropWay(uid, 'what it keeps'),
      ]
    case 'window-length':
    case 'window-slide':
    case 'window-input':
      return [`go back to ${difference.old} ms`, dropWay(uid, 'what it keeps')]
    case 'window-interval':
      return [`go back to an interval of ${difference.old} ms`, dropWay(uid, 'what the window keeps')]
    case 'partitioner':
      return ['go back to the partitioner it had', dropWay(uid, 'what it keeps')]
    case 'own-partitions':
      return [`go back to ${difference.old} partitions`, dropWay(uid, 'what it keeps')]
    case 'state-version':
      return [...versionWays(difference), dropWay(uid, 'its state')]
    case 'source':
      return ['go back to the source it was', 'give the new source a name of its own', dropWay(uid, 'its position')]
    default:
      return []
  }
}

type Of<Kind extends Difference['kind']> = Extract<Difference, { kind: Kind }>

function versionWays({ old, new: now, successor }: Of<'state-version'>): string[] {
  if (now < old) return [`deploy a build that reads version ${old}`]
  return [`add migrate: (old, from) => … to "${successor}"`, `or go back to version ${old}`]
}

const deliverWays = (uid: string): string[] => [
  'start the program that has this output once more: it delivers before anything else',
  `sluice outputs drop <dir> ${uid}     to give up what it has not delivered`,
]

const dropWay = (uid: string, what: string): string => `give ${what} up: --drop-state ${uid}`

interface Numbers {
  readonly old: number
  readonly new: number
}
const asTexts = ({ old, new: now }: Numbers): [string, string] => [String(old), String(now)]
const inMs = ({ old, new: now }: Numbers): [string, string] => [`${old} ms`, `${now} ms`]
const placesOf = ({ old, new: now }: Numbers): [string, string] => [
  `one of ${old} in this place`,
  `one of ${now} in this place`,
]

const stepsIn = (steps: readonly string[]): string => steps.join(' ') || 'none'
const unnamedOf = ({ keeps }: Of<'unnamed'>): string =>
  `number of ${keeps === 'state' ? 'operators' : 'outputs'} without a name`
const contentOf = ({ keys }: Of<'state-gone'>): string => (keys === null ? 'records of past batches' : `${keys} keys`)
const formOf = ({ kind, inverse }: StateForm): string => (inverse ? `${kind} with an inverse` : kind)

function shownSource({ kind, source }: OperatorFacts): string {
  if (!source) return kind
  return [source.name, source.identity ?? []].flat().join(' ')
}
