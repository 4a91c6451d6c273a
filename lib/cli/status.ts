import { systemClock } from '../adapters/local/system-clock.ts'
import { allOpen, idsOf } from '../checkpoint/dead-letters.ts'
import { checkedControl } from '../checkpoint/control.ts'
import { visibleLine } from '../model/visible.ts'
import { readArguments } from './arguments.ts'
import { openControl, lookAtStoredApp } from './stored-app.ts'
import { judge, type Verdict } from './status-verdict.ts'
import { placeFlags, type StoredPlace, storedPlace } from './stored-place.ts'
import { paint, type Paint } from './terminal.ts'
import { clockTime, count, counted, duration, span } from './units.ts'
import { usageError } from './usage.ts'

const flags = { ...placeFlags, app: { kind: 'text' }, json: { kind: 'switch' } } as const

interface Status {
  readonly app: string
  readonly verdict: Verdict
  readonly batch: number
  /** Of the last committed batch, in ms since the epoch; `null` before the first. */
  readonly time: number | null
  readonly intervalMs: number
  readonly deadLetters: number
  /** Batches that each output owes. */
  readonly owed: Readonly<Record<string, number>>
}

/** One sentence about one app, and what to type next. Only reads; the exit code says whether it is well. */
export async function status(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('status', args, flags)
  const { place, words: more } = await storedPlace('status', values, words)
  if (more.length > 0) throw usageError('status takes one directory, or --stage.', `sluice status ${place.typed}`)
  const found = await lookAtStoredApp(place, values.app, async ({ head, manifest }): Promise<Status> => {
    const { store } = await openControl(place, head.app)
    const { value: control } = checkedControl(await store.read())
    const surroundings = { now: systemClock.now(), isGone: place.isGone, isTicked: place.isTicked }
    return {
      app: head.conf['spark.app.name'] ?? head.app,
      verdict: judge(head, control, surroundings),
      batch: head.committed,
      time: manifest?.time ?? null,
      intervalMs: head.intervalMs,
      deadLetters: idsOf(allOpen(head, manifest)).length,
      owed: Object.fromEntries(
        Map.groupBy(head.owed, ({ output }) => output)
          .entries()
          .map(([output, batches]) => [output, batches.length]),
      ),
    }
  })
  process.stdout.write(values.json ? asJson(found) : inWords(found, place, paint(process.stdout)))
  return found.verdict.exitCode
}

/** How an app is whose log says why. */
const LOGGED: ReadonlySet<Verdict['state']> = new Set(['behind', 'stalled', 'halted'])

const SIGNS = { well: '✓', idle: '○', warn: '▲', bad: '✕' } as const

function inWords(
  { app, verdict, batch, time, intervalMs, deadLetters, owed }: Status,
  { typed, logs }: StoredPlace,
  to: Paint,
): string {
  const sentence = `${SIGNS[verdict.mood]} ${verdict.words}`
  const facts = [
    `${app}  ${typed}   ${verdict.mood === 'bad' ? to.bad(sentence) : sentence}`,
    batch === 0 ? 'no batch yet' : `#${count(batch)}`,
    ...(time === null ? [] : [`${clockTime(time)} (${duration(Math.max(0, systemClock.now() - time))} ago)`]),
    `every ${span(intervalMs)}`,
    ...(deadLetters > 0 ? [counted(deadLetters, 'dead letter')] : []),
    ...Object.entries(owed).map(([output, n]) => `${output} owes ${counted(n, 'batch', 'batches')}`),
  ]
  const next = [
    ...(logs !== null && LOGGED.has(verdict.state) ? [logs] : []),
    ...verdict.next.map((command) => `sluice ${command} ${typed}`),
    ...(deadLetters > 0 ? [`sluice dead list ${typed}`] : []),
    ...(Object.keys(owed).length > 0 ? [`sluice outputs list ${typed}`] : []),
  ]
  return [facts.join('   '), ...next.map((each) => `  next   ${each}`)].map((line) => `${visibleLine(line)}\n`).join('')
}

function asJson({ verdict, time, ...facts }: Status): string {
  const { state, words } = verdict
  return `${JSON.stringify({
    type: 'status',
    ...facts,
    state,
    words,
    time: time === null ? null : new Date(time).toISOString(),
  })}\n`
}
