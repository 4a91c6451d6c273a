import { join } from 'node:path'
import { appsBelow } from '../hosts/embedded/embedded-host.ts'
import { openDirectoryBlobs } from '../adapters/local/blob-directory.ts'
import { headOddity } from '../adapters/local/head-audit.ts'
import { type DirectoryHeadStore, openDirectoryHead } from '../adapters/local/head-directory.ts'
import { hasCode } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import { visibleLine } from '../model/visible.ts'
import { readArguments } from './arguments.ts'
import { noApp } from './stored-app.ts'
import { paint } from './terminal.ts'
import { counted } from './units.ts'
import { usageError } from './usage.ts'
import { verifyHistory, type Verdict } from '../verify/history.ts'

interface AppVerdict extends Verdict {
  readonly app: string
}

/** Checks what runs with a directory have written; exit code 1 at the first violation of any app. */
export async function verify(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('verify', args, { json: { kind: 'switch' } })
  if (words.length !== 1) throw usageError('verify takes one directory.', 'sluice verify .sluice')
  const dir = words[0]
  const apps = await appsBelow(dir)
  if (apps.length === 0) throw noApp(dir)
  const verdicts: AppVerdict[] = []
  for (const app of apps) verdicts.push({ app, ...(await verifyApp(join(dir, app))) })
  process.stdout.write(
    values.json ? `${JSON.stringify({ type: 'result', apps: verdicts })}\n` : verdicts.map(sentence).join(''),
  )
  return verdicts.some(({ violation }) => violation !== null) ? 1 : 0
}

/**
 * What is wrong with the app whose head and objects lie in `folder`, if anything. Throws `E_HEAD_CORRUPT` where there
 * is no reading its log.
 */
export async function verifyApp(folder: string): Promise<Verdict> {
  const opened = await openedHead(folder)
  if ('violation' in opened) return opened
  const { head } = opened
  try {
    const verdict = await verifyHistory(await head.history(), await openDirectoryBlobs(folder, { sync: false }))
    const odd = headOddity(folder)
    return odd && (verdict.violation === null || odd.rev < verdict.violation.rev)
      ? { ...verdict, violation: { rev: odd.rev, cause: odd.cause, what: odd.what } }
      : verdict
  } finally {
    await head.close()
  }
}

/** A log that no program would go on from; what is wrong with it, where that can be said more closely. */
async function openedHead(folder: string): Promise<{ readonly head: DirectoryHeadStore<Head> } | Verdict> {
  try {
    return { head: await openDirectoryHead<Head>(folder, { sync: false }) }
  } catch (error) {
    const odd = hasCode(error, 'E_HEAD_CORRUPT') ? headOddity(folder) : null
    if (odd === null) throw error
    return { writes: 0, batches: 0, objects: 0, swept: 0, violation: odd }
  }
}

function sentence({ app, writes, batches, objects, swept, violation }: AppVerdict): string {
  const checked = `${counted(writes, 'write')}, ${counted(batches, 'batch', 'batches')}, ${counted(objects, 'object')}`
  const gone = swept > 0 ? `; ${counted(swept, 'older manifest')} deleted by the sweep, as intended` : ''
  if (violation === null) return `✓ ${app}  ${checked} checked${gone}\n`
  const { rev, cause, what } = violation
  return (
    `${paint(process.stdout).bad('✕ E_HISTORY')}  ` +
    `${visibleLine(`${app}: write ${rev} (${cause}): ${what}`)}.\n  did    checked ${checked} before it; ` +
    `nothing was changed\n  next   keep the directory as it is, and report this with it\n`
  )
}
