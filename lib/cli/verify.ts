import { visibleLine } from '../model/visible.ts'
import { readArguments } from './arguments.ts'
import { placeFlags, storedPlace } from './stored-place.ts'
import { paint } from './terminal.ts'
import { counted } from './units.ts'
import { usageError } from './usage.ts'
import type { Verdict } from '../verify/history.ts'

interface AppVerdict extends Verdict {
  readonly app: string
}

/** Checks what runs with a directory have written; exit code 1 at the first violation of any app. */
export async function verify(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('verify', args, { ...placeFlags, json: { kind: 'switch' } })
  const { place, words: more } = await storedPlace('verify', values, words)
  if (more.length > 0) throw usageError('verify takes one directory, or --stage.', 'sluice verify .sluice')
  const apps = await place.apps()
  if (apps.length === 0) throw place.noApp()
  const verdicts: AppVerdict[] = []
  for (const app of apps) verdicts.push({ app, ...(await place.verify(app)) })
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ type: 'result', apps: verdicts })}\n`
      : verdicts.map((verdict) => sentence(verdict, place.isTicked)).join(''),
  )
  return verdicts.some(({ violation }) => violation !== null) ? 1 : 0
}

/** `onAws`: what is checked is no directory. */
function sentence({ app, writes, batches, objects, swept, violation }: AppVerdict, onAws: boolean): string {
  const checked = `${counted(writes, 'write')}, ${counted(batches, 'batch', 'batches')}, ${counted(objects, 'object')}`
  const gone = swept > 0 ? `; ${counted(swept, 'older manifest')} deleted by the sweep, as intended` : ''
  if (violation === null) return `✓ ${app}  ${checked} checked${gone}\n`
  const { rev, cause, what } = violation
  const kept = onAws ? 'table and bucket as they are' : 'the directory as it is'
  return [
    `${paint(process.stdout).bad('✕ E_HISTORY')}  ` +
      `${visibleLine(`${app}: write ${rev} (${cause}): ${what.replace(/\.$/, '')}`)}.`,
    `  did    checked ${checked} before it; nothing was changed`,
    `  next   keep ${kept}, and report this with it`,
    '',
  ].join('\n')
}
