import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'
import { published } from '../../infra/published.ts'
import { textFile } from '../data.ts'
import { quantile } from '../meter.ts'
import { sparkCommand } from '../spark/spark.ts'
import { rangesText, textBlocks } from '../text-blocks.ts'
import type { Outcome, Setting, Workload } from '../workload.ts'

const BYTES = 1_000_000
const STARTS = 10
/** Others take seconds. */
const RIVAL_STARTS = 3

/** What a started process says about itself on descriptor 3 before it ends. */
interface Ended {
  readonly cpuMs: number
  readonly rssMb: number
}

/** Starts a process several times and waits for its first byte. CPU and memory are those of the started processes. */
async function firstByte(
  { meter, inputs }: Setting,
  [command, ...args]: readonly string[],
  expected: string,
  starts = STARTS,
): Promise<Outcome> {
  const ends: Ended[] = []
  for (let i = 0; i <= starts; i++) {
    const run = start(command, args)
    const first = async (): Promise<void> => {
      const output = await run.firstOutput
      if (!output.startsWith(expected)) throw new Error(`${args.join(' ')} began with ${JSON.stringify(output)}`)
    }
    await (i === 0 ? meter.warm(first) : meter.batch(first))
    ends.push(await run.ended)
  }
  const extra = {
    first_ms: meter.quantileMs(0.5),
    first_cpu_ms: quantile(
      ends.map(({ cpuMs }) => cpuMs),
      0.5,
    ),
    first_rss_mb: quantile(
      ends.map(({ rssMb }) => rssMb),
      0.5,
    ),
  }
  return { records: 0, checksum: inputs[0].sha256, extra }
}

function start(
  command: string,
  args: readonly string[],
): { readonly firstOutput: Promise<string>; readonly ended: Promise<Ended> } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] })
  let said = ''
  let printed = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    printed += String(chunk)
  })
  child.stdio[3]!.on('data', (chunk: Buffer) => {
    said += String(chunk)
  })
  return {
    firstOutput: new Promise((resolve) => {
      child.stdout!.once('data', (chunk: Buffer) => resolve(String(chunk)))
    }),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => resolve(JSON.parse(said || lastLine(printed)) as Ended))
    }),
  }
}

/** Where a program in another language says it. */
const lastLine = (printed: string): string => printed.trim().split('\n').at(-1)!

const SAYS_USAGE = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs'
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, rssMb: maxRSS / 1024 }))
  })`)}`

const NODE = [process.execPath, '--import', SAYS_USAGE]

const root = join(import.meta.dirname, '..', '..')

/** The program beside the library in its published form: types that are stripped at each start are no user's start. */
async function builtProgram(): Promise<string> {
  const outdir = join(root, '.cache', 'bench', 'first')
  await build({
    ...published,
    absWorkingDir: root,
    entryPoints: ['bench/programs/first.ts', 'lib/index.ts', 'lib/hosts/embedded/worker.ts'],
    outdir,
    outbase: '.',
  })
  return join(outdir, 'bench', 'programs', 'first.js')
}

/** The program and the first megabyte, to the end of a line. */
async function program({ inputs }: Setting): Promise<string[]> {
  const { path } = inputs[0]
  return [await builtProgram(), path, String(textBlocks(path, BYTES, 1)[0][0].to)]
}

function sparkFirst({ inputs }: Setting): string[] {
  const { path } = inputs[0]
  return sparkCommand('first', { path, ranges: rangesText(textBlocks(path, BYTES, 2).slice(0, 1)) })
}

const BARE = "process.stdout.write('ready')"

export const first: Workload = {
  name: 'first',
  about:
    'from the start of a process to the first byte it prints: a word count over one megabyte with ' +
    'batches of 10 ms, beside a process that only prints',
  inputs: async () => [textFile(20_000)],
  variants: {
    'bare-node': { run: (setting) => firstByte(setting, [...NODE, '-e', BARE], 'ready') },
    sluice: { run: async (setting) => firstByte(setting, [...NODE, ...(await program(setting))], '-----') },
    spark: {
      rival: 'spark',
      run: (setting) => firstByte(setting, sparkFirst(setting), '-----', RIVAL_STARTS),
    },
  },
  ratios: [
    { of: 'sluice', to: 'bare-node', metric: 'p50_batch_ms' },
    { of: 'sluice', to: 'spark', metric: 'p50_batch_ms', goal: 20 },
  ],
}
