import { given } from '../../model/given.ts'
import { checkedHead } from '../../checkpoint/check-head.ts'
import { checkedControl } from '../../checkpoint/control.ts'
import { decideStart, leaseFrom, leaseMs } from '../../checkpoint/decide.ts'
import { HeadWriter } from '../../checkpoint/head-writer.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import { readOutputCommands } from '../../checkpoint/output-commands.ts'
import { acquired, created, resumed } from '../../checkpoint/transition.ts'
import type { Versioned } from '../../host/head-store.ts'
import { pausedWords } from '../../model/control.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import { admit, admitAnew, type Admission } from '../admission.ts'
import type { CoordinatorOptions } from './coordinator-options.ts'

interface Acquired {
  readonly writer: HeadWriter
  readonly admission: Admission
}

/** Takes the head for this program, or says who has it and why it must not be taken; nothing has been written then. */
export async function acquireHead(options: CoordinatorOptions): Promise<Acquired> {
  const { host, app, holder, isGone, program } = options
  const name = program.conf['spark.app.name']
  const found = checkedHead(await host.head.read())
  if (options.leavesPaused) await assertNotPaused(options)
  const decision = decideStart(found?.value ?? null, {
    app,
    ...given({ name }),
    holder,
    now: host.clock.now(),
    isGone,
  })
  switch (decision.kind) {
    case 'create': {
      if (!options.fresh) await assertNothingStored(options)
      return createHead(options, null, 'create')
    }
    case 'foreign':
      throw new SluiceError(
        'E_FOREIGN_APP',
        `This directory belongs to the app "${decision.app}", not to "${name ?? app}".`,
        {
          did: 'nothing was started',
          next: ['use another --dir', `run the app "${decision.app}"`],
        },
      )
    case 'busy':
      throw new SluiceError('E_BUSY', `"${app}" is already running: ${decision.holder}.`, {
        did: 'nothing was started',
        retry: true,
        next: ['stop the other one first', 'use another --dir'],
      })
    case 'halted': {
      if (options.fresh) return createHead(options, found, 'recreate')
      if (options.resume || (await isCleared(options, found!.value))) return takeOver(options, found!, 'resume')
      throw new SluiceError('E_HALTED', `"${app}" was halted: ${decision.reason}.`, {
        did: 'nothing was started',
        next: ['sluice verify <dir>', 'start again with --resume', 'or sluice resume <dir>, or --stage <name>'],
      })
    }
    case 'acquire':
      if (options.fresh) return createHead(options, found, 'recreate')
      return takeOver(options, found!, 'acquire')
  }
}

async function assertNotPaused({ app, host }: CoordinatorOptions): Promise<void> {
  const { paused } = checkedControl(await host.control.read()).value
  if (paused === null) return
  throw new SluiceError('E_PAUSED', `"${app}" is ${pausedWords(paused)}.`, {
    did: 'no batch was begun; nothing is lost',
    retry: true,
    next: ['sluice resume --stage <name>'],
  })
}

/** Whether somebody has seen this halt, and wants the app to go on. */
async function isCleared({ host }: CoordinatorOptions, { epoch }: Head): Promise<boolean> {
  return checkedControl(await host.control.read()).value.clearHalt?.epoch === epoch
}

async function takeOver(
  options: CoordinatorOptions,
  found: Versioned<Head>,
  cause: 'acquire' | 'resume',
): Promise<Acquired> {
  const { host, program, holder, signal, isBrief } = options
  const { app, inc, owed, outDone, committed } = found.value
  const isOwing = owed.length > 0 || outDone < committed
  const outputCommands = isOwing ? await readOutputCommands(host.blobs, new ObjectKeys(app, inc)) : []
  const admission = await admit({ ...options, outputCommands }, found.value)
  const mine = acquired(found.value, {
    holder,
    leaseUntil: host.clock.now() + leaseMs(admission.origin.intervalMs, found.value.idle ?? 0),
    graph: program.fingerprint,
    conf: program.conf,
    ...admission.origin,
  })
  const next = cause === 'resume' ? resumed(mine) : mine
  return { writer: await HeadWriter.acquire(host.head, found, next, cause, { ...host, signal, isBrief }), admission }
}

/** The first batch ends at the next point of the epoch's grid that lies strictly ahead (parity A0.3). */
async function createHead(
  options: CoordinatorOptions,
  found: Versioned<Head> | null,
  cause: 'create' | 'recreate',
): Promise<Acquired> {
  const { app, host, program, holder, signal, isBrief } = options
  const { fingerprint, intervalMs, conf } = program
  const zeroTime = Math.floor(host.clock.now() / intervalMs) * intervalMs
  const head = created({
    app,
    inc: host.random.newId(),
    graph: fingerprint,
    intervalMs,
    zeroTime,
    conf,
    holder,
    leaseUntil: leaseFrom(host.clock.now(), { intervalMs }),
  })
  const writer = await HeadWriter.acquire(host.head, found, head, cause, { ...host, signal, isBrief })
  return { writer, admission: admitAnew(options, zeroTime) }
}

/** Objects without a head: it was lost, and a new one would count from nothing, on top of what sinks have seen. */
async function assertNothingStored({ app, host }: CoordinatorOptions): Promise<void> {
  const keys = await host.blobs.list(`${app}/`)
  // Somebody may be creating it at this very moment.
  const [example] = keys
  if (example === undefined || (await host.head.read()) !== null) return
  throw new SluiceError('E_HEAD_LOST', `There is no head of "${app}", but ${keys.length} of its objects are there.`, {
    where: { detail: example },
    did: 'nothing was started or deleted',
    next: ['restore the head from a backup', `begin anew: --fresh, or on AWS delete the objects below ${app}/`],
  })
}
