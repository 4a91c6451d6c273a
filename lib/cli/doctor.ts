import { assertAccess } from '../adapters/aws/access.ts'
import { awsClients } from '../adapters/aws/clients.ts'
import { stageFacts } from '../adapters/aws/stage-facts.ts'
import { BLOB_PREFIX } from '../hosts/lambda/host.ts'
import { visibleLine } from '../model/visible.ts'
import { readArguments } from './arguments.ts'
import { type Check, checks } from './doctor-checks.ts'
import { lookedStage } from './stage-place.ts'
import { paint } from './terminal.ts'
import { usageError } from './usage.ts'

const flags = { stage: { kind: 'text' }, at: { kind: 'text' }, json: { kind: 'switch' } } as const

/** Looks at how a stage is set up: what could lose state, or keep the app from running; exit code 1 then. */
export async function doctor(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('doctor', args, flags)
  if (values.stage === null || words.length > 0)
    throw usageError('doctor looks at a stage, and needs its name.', 'sluice doctor --stage dev')
  const place = await lookedStage(values.stage, values.at)
  const clients = awsClients({ ...process.env, AWS_REGION: place.region })
  await assertAccess(clients)
  const bucket = place.bucket ?? `${place.table}-unknown`
  const found = checks({ ...place, bucket, prefix: BLOB_PREFIX }, await stageFacts(clients, { ...place, bucket }))
  process.stdout.write(values.json ? found.map(asJson).join('') : found.map(inWords).join(''))
  return found.some(({ level }) => level === 'fail') ? 1 : 0
}

const asJson = (check: Check): string => `${JSON.stringify({ type: 'check', ...check })}\n`

const SIGNS = { ok: '✓', warn: '▲', fail: '✕' } as const

function inWords({ level, what, says, next }: Check): string {
  const { bad, warn } = paint(process.stdout)
  const line = visibleLine(`${SIGNS[level]} ${level.padEnd(4)}  ${what.padEnd(11)}  ${says}`)
  const shown = level === 'fail' ? bad(line) : level === 'warn' ? warn(line) : line
  return [shown, ...next.map((each) => visibleLine(`  next  ${each}`))].map((each) => `${each}\n`).join('')
}
