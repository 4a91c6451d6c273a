import '../hosts/embedded/install.ts'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { accessError } from '../adapters/aws/access.ts'
import { awsClients } from '../adapters/aws/clients.ts'
import { DynamoHeadStore } from '../adapters/aws/dynamo/dynamo-head-store.ts'
import { looked } from '../adapters/aws/stage-facts.ts'
import { appsInTable } from '../adapters/aws/dynamo/apps-in-table.ts'
import { S3BlobStore } from '../adapters/aws/s3/s3-blob-store.ts'
import type { StreamingContext } from '../api/dstream/streaming-context.ts'
import { setCores } from '../api/rdd/spark-context.ts'
import { checkedHead } from '../checkpoint/check-head.ts'
import { committedManifest } from '../checkpoint/manifest.ts'
import { loadGraph } from '../hosts/embedded/load-graph.ts'
import { missingPackages } from '../hosts/embedded/made-ready.ts'
import { BLOB_PREFIX } from '../hosts/lambda/host.ts'
import { appFolder } from '../hosts/program/app-folder.ts'
import { bundle } from '../hosts/serverless/bundle.ts'
import { codeId, deployedCode } from '../hosts/serverless/code-id.ts'
import { type FoundNeeds, hasQueue, type ProgramNeeds } from '../hosts/serverless/needs.ts'
import type { StagePlace } from '../hosts/serverless/place.ts'
import { hasCode } from '../model/errors.ts'
import { own } from '../model/given.ts'
import type { Head } from '../model/head.ts'
import { readSetting } from '../model/settings/read.ts'
import { visibleLine } from '../model/visible.ts'
import { factsOf } from '../plan/graph-facts.ts'
import type { Comparison } from '../runtime/compare-graphs.ts'
import type { Finding } from '../runtime/word-difference.ts'
import { compareWithStored } from '../runtime/compare-with-stored.ts'
import { storedSize, type StoredSize } from '../state/stored-entries.ts'
import { readArguments } from './arguments.ts'
import { costPerDay, type Workload } from './cost.ts'
import { graphRows } from './graph-rows.ts'
import { needsOfProgram } from './program-needs.ts'
import { stageLines } from './stage-lines.ts'
import { placeOfStage, plainStage, templateOfStage } from './stage-place.ts'
import { table } from './table.ts'
import { bytes, counted } from './units.ts'
import { usageError } from './usage.ts'
import { yamlText } from './yaml-text.ts'

const planFlags = {
  stage: { kind: 'text' },
  at: { kind: 'text' },
  'records-per-second': { kind: 'number', min: 0, max: 1_000_000_000 },
  print: { kind: 'text' },
  json: { kind: 'switch' },
  // What the plugin asks: a file that the answer goes to.
  needs: { kind: 'text' },
} as const

/** What is stored of the program on a stage, and whether its table is there. */
type Stored =
  | { readonly kind: 'unknown'; readonly isThere: false }
  | { readonly kind: 'nothing'; readonly isThere: boolean }
  | {
      readonly kind: 'found'
      readonly isThere: true
      readonly batch: number
      readonly comparison: Comparison | null
      /** What each operator keeps, by its uid. */
      readonly sizes: Readonly<Record<string, StoredSize>>
    }

/** Which code runs, and which would; or why nobody knows. */
type Codes =
  | {
      readonly running: string
      /** `null`: it could not be bundled here. */
      readonly now: string | null
    }
  | { readonly why: string }

/**
 * Says what a deploy would do: what becomes of stored state, what is made, and what it costs. Only reads; exit code 1
 * if the program could not go on from what is stored.
 */
export async function plan(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments('plan', args, planFlags)
  if (words.length > 0) throw usageError('plan takes no words; the program stands in serverless.yml.', 'sluice plan')
  if (values.print !== null) return print(values.print, values.stage ?? 'dev')
  const place = await placeOfStage(values.stage ?? 'dev', values.at)
  const context = await graphOf(place)
  const { SLUICE_BUCKET: bucket } = place.environment
  const needs = needsOfProgram(context, bucket)
  if (values.needs !== null) {
    const missing = await missingPackages(context.graph, clientsOf(place, needs))
    writeFileSync(values.needs, JSON.stringify({ ...needs, missing } satisfies FoundNeeds))
    return 0
  }
  const stored = await storedOn(place, context).catch((error: unknown) => {
    throw accessError(`The stage ${place.stage}`, error)
  })
  const codes = await codesOn(place, needs)
  const comparison = stored.kind === 'found' ? stored.comparison : null
  const workload = workloadOf(context, place, needs, values['records-per-second'] ?? 0)
  const isRefused = comparison?.verdict === 'refuse'
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ type: 'plan', stage: place.stage, codes, stored, usdPerDay: costPerDay(workload) })}\n`
      : [
          `  ${context.sparkContext.appName} → ${place.stage}, ${place.region}${codesText(codes)}`,
          '',
          ...verdictLines(context, stored),
          ...stageLines(place, needs, { workload, rate: values['records-per-second'], isThere: stored.isThere }),
          isRefused ? '✕ cannot be deployed: see above' : `✓ can be deployed: npx osls deploy --stage ${place.stage}`,
          '',
        ]
          .map((line) => `${visibleLine(line)}\n`)
          .join(''),
  )
  return isRefused ? 1 : 0
}

/** Shows the stage as others would write it down: without this plugin, or as CloudFormation. Needs no credentials. */
async function print(form: string, stage: string): Promise<number> {
  if (form !== 'serverless' && form !== 'cloudformation')
    throw usageError(
      `plan cannot print ${JSON.stringify(form)}.`,
      'sluice plan --print serverless',
      'sluice plan --print cloudformation',
    )
  process.stdout.write(
    form === 'serverless'
      ? yamlText(await plainStage(stage))
      : `${JSON.stringify(await templateOfStage(stage), null, 2)}\n`,
  )
  return 0
}

/** Clients that every stage has. They are only made, so it need not matter who would call. */
function clientsOf({ region }: StagePlace, needs: ProgramNeeds): (() => Promise<unknown>)[] {
  const keys = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' }
  // Somebody who has signed in elsewhere might be asked for.
  delete process.env['AWS_PROFILE']
  Object.assign(process.env, { AWS_REGION: region, ...keys, ...process.env })
  const { dynamoReads, lambda, s3, sqs } = awsClients(process.env)
  return [dynamoReads, lambda, s3, ...(hasQueue(needs) ? [sqs] : [])]
}

/** The program as the functions of the stage would build it. */
async function graphOf({ app, slots, environment }: StagePlace): Promise<StreamingContext> {
  Object.assign(process.env, environment)
  setCores(slots)
  const file = resolve(app)
  if (!existsSync(file) || statSync(file).isDirectory())
    throw usageError(
      `There is no file ${app}, which serverless.yml names as the app.`,
      'write the path of the module whose default export is app(…) under "sluice", from serverless.yml on',
    )
  return loadGraph(file, [])
}

async function storedOn({ table: name, bucket, region }: StagePlace, context: StreamingContext): Promise<Stored> {
  if (bucket === null) return { kind: 'unknown', isThere: false }
  const clients = awsClients({ ...process.env, AWS_REGION: region })
  const app = appFolder(context.sparkContext.appName)
  const apps = await appsInTable(clients, name)
  if (!apps?.includes(app)) return { kind: 'nothing', isThere: apps !== null }
  const head = checkedHead(await new DynamoHeadStore<Head>(clients, name, app).read())?.value
  if (!head) return { kind: 'nothing', isThere: true }
  const dropState = readSetting(context.sparkContext.conf, 'sluice.dropState')
  const blobs = new S3BlobStore(clients, bucket, BLOB_PREFIX)
  const comparison = await compareWithStored(factsOf(context.graph), head, blobs, dropState)
  const { state = {} } = (await committedManifest(blobs, head)) ?? {}
  const sizes = Object.fromEntries(Object.entries(state).map(([uid, kept]) => [uid, storedSize(kept)]))
  return { kind: 'found', isThere: true, batch: head.committed, comparison, sizes }
}

/** `null`: nothing runs there, or nobody says what. */
async function codesOn(place: StagePlace, { receivers }: ProgramNeeds): Promise<Codes | null> {
  if (place.bucket === null) return null
  const clients = awsClients({ ...process.env, AWS_REGION: place.region })
  const looking = await looked(() => deployedCode(clients, place.coordinator))
  if ('why' in looking) return looking
  const { found: running } = looking
  if (running === null) return null
  return { running, now: place.code ?? (await codeHere(place.app, receivers.length > 0)) }
}

async function codeHere(app: string, hasReceivers: boolean): Promise<string | null> {
  try {
    await bundle(process.cwd(), app, hasReceivers)
    return await codeId(process.cwd(), hasReceivers)
  } catch (error) {
    if (hasCode(error, 'E_AWS_PACKAGE')) return null
    throw error
  }
}

function codesText(codes: Codes | null): string {
  if (codes === null) return ''
  if ('why' in codes) return `     which code runs could not be looked at: ${codes.why}`
  const { running, now } = codes
  if (now === null) return `     running ${running}`
  return now === running ? `     code ${running}, as it runs` : `     running ${running}, new ${now}`
}

function verdictLines(context: StreamingContext, stored: Stored): string[] {
  const findings = stored.kind === 'found' ? (stored.comparison?.findings ?? []) : []
  const holds = (uid: string | null): string[] =>
    stored.kind === 'found' ? [sizeText(uid === null ? undefined : own(stored.sizes, uid))] : []
  const rows = graphRows(context.graph)
    .filter(({ keeps, shows, reads }) => keeps.length > 0 || shows !== null || reads !== null)
    .map(({ uid, kind, place, keeps }) => [
      `  ${uid ?? kind}`,
      place,
      keeps.join(', ') || 'nothing',
      ...holds(uid),
      verdictOf(uid, findings, stored),
    ])
  const gone = findings
    .filter(({ uid }) => !rows.some(([name]) => name.trim() === uid))
    .map((finding) => [`  ${finding.uid}`, '', '', ...holds(finding.uid), sentence(finding)])
  const heads = ['  operator', 'where', 'keeps', ...(stored.kind === 'found' ? ['stored'] : []), 'verdict']
  return [
    ...table([heads, ...rows, ...gone]),
    ...findings.flatMap(({ wayOut }) => wayOut.map((way) => `  next       ${wayOnStage(way)}`)),
    `  stored     ${storedLine(stored)}`,
  ]
}

/** What a run is given as a flag, a program that is deployed says itself. */
export const wayOnStage = (way: string): string =>
  way.replace(/--drop-state (.+)$/, "app(…, { conf: { 'sluice.dropState': '$1' } })")

const SIGNS: Readonly<Record<Finding['verdict'], string>> = { allowed: '✓', migrate: '✓', drop: '!', refuse: '✕' }

function sizeText(size: StoredSize | undefined): string {
  if (size === undefined) return ''
  const { keys, panes } = size
  return `${panes > 0 ? counted(panes, 'pane') : counted(keys, 'key')}, ${bytes(size.bytes)}`
}

function verdictOf(uid: string | null, findings: readonly Finding[], stored: Stored): string {
  const found = findings.find((each) => each.uid === uid)
  if (found !== undefined) return sentence(found)
  switch (stored.kind) {
    case 'unknown':
      return '· not compared'
    case 'nothing':
      return '✓ new'
    case 'found':
      return '✓ kept'
  }
}

const sentence = ({ verdict, what, old, new: now }: Finding): string =>
  `${SIGNS[verdict]} ${what}: was ${old}, is ${now}`

function storedLine(stored: Stored): string {
  switch (stored.kind) {
    case 'unknown':
      return 'not looked at: no credentials'
    case 'nothing':
      return 'nothing: this deploy begins anew'
    case 'found':
      return `${counted(stored.batch, 'batch', 'batches')}; the next one goes on from there`
  }
}

function workloadOf(
  context: StreamingContext,
  place: StagePlace,
  { receivers }: ProgramNeeds,
  recordsPerSecond: number,
): Workload {
  const rows = graphRows(context.graph)
  return {
    intervalMs: context.batchDuration.milliseconds,
    tasks: place.slots,
    shuffles: rows.some(({ partitions }) => partitions !== null),
    discovers: context.graph.inputs.some(({ source }) => source.discovers === true),
    outputs: rows.filter(({ shows }) => shows !== null).length,
    recordsPerSecond,
    memorySize: place.memorySize,
    receivers: { count: receivers.length, memorySize: place.memorySize.receiver },
  }
}
