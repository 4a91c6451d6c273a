import { systemRandom } from '../adapters/local/system-random.ts'
import { isDropped, type OutputCommand, putOutputCommand, readOutputCommands } from '../checkpoint/output-commands.ts'
import type { OwedOutput } from '../model/head.ts'
import { readArguments } from './arguments.ts'
import { openStoredApp, type StoredApp } from './stored-app.ts'
import { placeFlags, storedPlace } from './stored-place.ts'
import { count, counted } from './units.ts'
import { usageError } from './usage.ts'

/** What one output owes. */
interface Debt {
  readonly output: string
  readonly batches: readonly number[]
  /** What somebody has decided about it, and no run has done yet. */
  readonly pending: OutputCommand['verb'] | null
}

/** Lists what outputs owe, and leaves word for the run that owes it, whether it goes on beside or is started later. */
export async function outputs(args: readonly string[]): Promise<number> {
  const {
    values,
    words: [what, ...given],
  } = readArguments('outputs', args, { ...placeFlags, app: { kind: 'text' }, json: { kind: 'switch' } })
  if (what !== 'list' && what !== 'retry' && what !== 'drop')
    throw usageError(
      what === undefined
        ? 'outputs needs a word: list, retry or drop.'
        : `outputs cannot ${JSON.stringify(what)}; it can list, retry and drop.`,
      'sluice outputs list .sluice',
    )
  const { place, words: named } = await storedPlace(`outputs ${what}`, values, given)
  if ((what === 'list') !== (named.length === 0))
    throw usageError(
      what === 'list'
        ? 'outputs list takes a directory and nothing else.'
        : `outputs ${what} needs an output, or "all".`,
      `sluice outputs ${what} ${place.typed}${what === 'list' ? '' : ' all'}`,
    )
  const app = await openStoredApp(place, values.app)
  const debts = await debtsOf(app)
  const chosen = what === 'list' ? debts : named.flatMap((output) => debtsNamed(output, debts, place.typed))
  if (what !== 'list') await command(what, chosen, app)
  const describe = values.json ? asJson : inOneLine
  process.stdout.write(chosen.map(describe).join(''))
  if (!values.json) process.stdout.write(closing[what](chosen.length))
  return 0
}

const closing: Record<'list' | OutputCommand['verb'], (n: number) => string> = {
  list: (n) => (n === 0 ? 'every batch is delivered\n' : ''),
  retry: (n) => `${counted(n, 'output')} will be tried with the next batch of the run, or by the next start\n`,
  drop: (n) =>
    `what ${counted(n, 'output')} had not delivered will be given up with the next batch of the run, ` +
    'or by the next start\n',
}

async function debtsOf({ head, blobs, keys }: StoredApp): Promise<Debt[]> {
  const commands = await readOutputCommands(blobs, keys)
  const pendingOf = (owed: OwedOutput): Debt['pending'] =>
    isDropped(commands, owed) ? 'drop' : commands.some((each) => each.outputs.includes(owed.output)) ? 'retry' : null
  return [...new Set(head.owed.map(({ output }) => output))].map((output) => {
    const owed = head.owed.filter((each) => each.output === output)
    return { output, batches: owed.map(({ batch }) => batch), pending: pendingOf(owed[0]) }
  })
}

function debtsNamed(name: string, debts: readonly Debt[], typed: string): readonly Debt[] {
  const found = debts.filter(({ output }) => name === 'all' || output === name || output.endsWith(`/${name}`))
  if (found.length > 0) return found
  throw usageError(
    name === 'all' ? 'No output owes anything.' : `No output ${JSON.stringify(name)} owes anything.`,
    `sluice outputs list ${typed}`,
  )
}

const command = (
  what: OutputCommand['verb'],
  debts: readonly Debt[],
  { head, blobs, keys }: StoredApp,
): Promise<void> =>
  putOutputCommand(
    blobs,
    keys,
    { verb: what, outputs: debts.map(({ output }) => output), upTo: head.committed },
    systemRandom.newId(),
  )

function inOneLine({ output, batches, pending }: Debt): string {
  const [first, last] = [batches[0], batches[batches.length - 1]].map((batch) => `#${count(batch)}`)
  const which = batches.length === 1 ? first : `${first} to ${last}`
  const asked = pending === null ? '' : `  ${pending} is asked for`
  return `  ${output}  ${counted(batches.length, 'batch', 'batches')} not delivered: ${which}${asked}\n`
}

const asJson = (debt: Debt): string => `${JSON.stringify({ type: 'output', ...debt })}\n`
