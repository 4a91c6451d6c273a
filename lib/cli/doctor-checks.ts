import type { Looked, StageFacts } from '../adapters/aws/stage-facts.ts'
import type { LookedStage } from '../hosts/serverless/deployed.ts'
import { rightsOf } from '../hosts/serverless/rights.ts'
import { count, counted, duration } from './units.ts'

/** One thing that was looked at, and what to do about it. */
export interface Check {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly what: string
  readonly says: string
  readonly next: readonly string[]
}

interface Stage {
  readonly table: string
  readonly bucket: string
  readonly coordinator: string
  /** Tasks of a stage that run at once. */
  readonly slots: number
  /** Where the app's own objects lie in the bucket. */
  readonly prefix: string
  readonly stage: string
  readonly owner: LookedStage['owner']
  readonly functions: LookedStage['functions']
}

/** What is wrong with how a stage is set up, one line for each thing that was looked at. Pure. */
export const checks = (stage: Stage, facts: StageFacts): readonly Check[] => [
  ...ofTable(stage, facts.table),
  ofLifecycle(stage, facts.expiring),
  ofConcurrency(stage, facts.unreserved),
  ofCoordinator(stage, facts.coordinator),
  ...stage.functions.map((each) => ofPolicy(stage, each)),
  ofLogs(stage),
  ofClock(facts.clockOffMs),
]

const ok = (what: string, says: string): Check => ({ level: 'ok', what, says, next: [] })
const warn = (what: string, says: string, ...next: string[]): Check => ({ level: 'warn', what, says, next })
const fail = (what: string, says: string, ...next: string[]): Check => ({ level: 'fail', what, says, next })
const unknown = (what: string, why: string): Check => warn(what, `could not be looked at: ${why}`)

function ofTable({ table, stage }: Stage, looked: StageFacts['table']): Check[] {
  if ('why' in looked) return [unknown('table', looked.why)]
  const { found } = looked
  if (found === null) return [fail('table', `${table} is not there`, `npx osls deploy --stage ${stage}`)]
  const wrongKeys = found.keys.join() !== 'pk,sk'
  return [
    wrongKeys
      ? fail('table', `${table} has the keys ${found.keys.join(', ')}, and not pk, sk`, 'deploy a table of its own')
      : ok('table', `${table} is there`),
    found.expiresBy === null
      ? ok('expiry', 'no time to live deletes items')
      : fail(
          'expiry',
          `the time to live "${found.expiresBy}" may delete heads`,
          `aws dynamodb update-time-to-live --table-name ${table} ` +
            `--time-to-live-specification Enabled=false,AttributeName=${found.expiresBy}`,
        ),
    found.replicas.length === 0
      ? ok('regions', 'the table is in one region')
      : fail(
          'regions',
          `${table} is copied to ${found.replicas.join(', ')}: two regions could both take the app`,
          'delete its replicas; conditions hold within one region alone',
        ),
    found.isBackedUp
      ? ok('backup', 'the table can be taken back to any second')
      : warn(
          'backup',
          'the table cannot be taken back to an earlier moment',
          `npx osls deploy --stage ${stage} turns it on`,
        ),
  ]
}

/** F65: only the coordinator knows which objects are still needed. */
function ofLifecycle({ bucket, prefix, stage }: Stage, looked: StageFacts['expiring']): Check {
  if ('why' in looked) return unknown('lifecycle', looked.why)
  if (looked.found === null) return fail('bucket', `${bucket} is not there`, `npx osls deploy --stage ${stage}`)
  const live = looked.found.filter((rule) => rule.prefix.startsWith(prefix) || prefix.startsWith(rule.prefix))
  if (live.length === 0) return ok('lifecycle', `no rule of ${bucket} deletes objects below ${prefix}`)
  return fail(
    'lifecycle',
    `${counted(live.length, 'rule')} of ${bucket} may delete state: ${live.map(({ id }) => id).join(', ')}`,
    `limit them to prefixes other than ${prefix}, or take them out`,
  )
}

/** Tasks of one stage, and coordinator, output and a tick beside it. */
function ofConcurrency({ slots }: Stage, looked: Looked<number>): Check {
  if ('why' in looked) return unknown('concurrency', looked.why)
  const needed = slots + 3
  const says = `the account has ${count(looked.found)} invocations at once to share; ${count(needed)} are needed`
  if (looked.found >= needed) return ok('concurrency', says)
  return fail('concurrency', says, 'ask for a higher quota of Lambda, or set fewer sluice.slots')
}

function ofCoordinator({ coordinator, stage }: Stage, looked: Looked<number | null>): Check {
  if ('why' in looked) return unknown('coordinator', looked.why)
  if (looked.found === 0)
    return fail(
      'coordinator',
      `${coordinator} is kept out: a remove did not come to its end`,
      `npx osls deploy --stage ${stage}`,
    )
  if (looked.found === 1)
    return fail('coordinator', `${coordinator} may run once at a time: one that hangs stops the app`, 'reserve 2')
  return ok('coordinator', `${coordinator} may run`)
}

type LookedFunction = LookedStage['functions'][number]

/** What a role allows beside what is generated for it: more is a hole, less is a batch that fails. */
function ofPolicy({ stage, owner }: Stage, { wanted, deployed }: LookedFunction): Check {
  const { name, statements: looked } = deployed
  const deploy = `npx osls deploy --stage ${stage}`
  if ('why' in looked) return unknown('policy', `${name}: ${looked.why}`)
  if (looked.found === null) return fail('policy', `${name} is not there`, deploy)
  const [should, may] = [rightsOf(wanted.statements, owner), rightsOf(looked.found, owner)]
  const more = [...may.known].filter((right) => !should.known.has(right) && !should.unknown.has(right.split(' ')[0]))
  const less = [...should.known].filter((right) => !may.known.has(right))
  if (more.length + less.length === 0) return ok('policy', `${name} may what is generated for it, and no more`)
  const says = [...more.map((right) => `may ${right}`), ...less.map((right) => `may not ${right}`)]
  const rest = says.length > 3 ? `, and ${says.length - 3} more` : ''
  return fail('policy', `${name} ${says.slice(0, 3).join(', ')}${rest}: it is not what is generated`, deploy)
}

/** Logs that nobody deletes, and lines that the platform writes at each call, cost more than batches. */
function ofLogs({ stage, functions }: Stage): Check {
  // Of those that are not there the line above says so.
  const there = functions.filter(({ deployed: { statements } }) => 'why' in statements || statements.found !== null)
  const wrong = there.flatMap(({ wanted, deployed: { name, logDays, platformLevel } }) => {
    if ('why' in logDays) return [`${name} could not be looked at: ${logDays.why}`]
    const days = logDays.found
    return [
      ...(days === wanted.logDays ? [] : [`${name} is kept ${days === null ? 'for ever' : `for ${days} days`}`]),
      ...('why' in platformLevel || platformLevel.found === wanted.platformLevel
        ? []
        : [`${name} says each call (level ${platformLevel.found ?? 'of text'})`]),
    ]
  })
  if (there.length === 0) return unknown('logs', 'no function is there')
  if (wrong.length === 0)
    return ok('logs', `kept for ${functions[0]?.wanted.logDays ?? 0} days, without a line for each call`)
  return warn('logs', wrong.join(', '), `npx osls deploy --stage ${stage}`)
}

/** A signature may be off by five minutes; leases are judged by clocks as well. */
const [OFF_MS, REFUSED_MS] = [30_000, 300_000]

function ofClock(offMs: number): Check {
  const off = Math.abs(offMs)
  const next = 'set the clock of this machine'
  if (off < OFF_MS) return ok('clock', 'that of this machine is that of AWS')
  if (off < REFUSED_MS) return warn('clock', `that of this machine is off by ${duration(off)}`, next)
  return fail('clock', `that of this machine is off by ${duration(off)}: calls are refused`, next)
}
