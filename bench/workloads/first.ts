import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { textFile } from '../data.ts'
import { quantile } from '../meter.ts'
import { textBlocks } from '../text-blocks.ts'
import type { Outcome, Setting, Workload } from '../workload.ts'

const BYTES = 1_000_000
const STARTS = 10

/** What a started process says about itself on descriptor 3 before it ends. */
interface Ended {
  readonly cpuMs: number
  readonly rssMb: number
}

/** Starts a process several times and waits for its first byte. CPU and memory are those of the started processes. */
async function firstByte({ meter, inputs }: Setting, args: readonly string[], expected: string): Promise<Outcome> {
  const ends: Ended[] = []
  for (let i = 0; i <= STARTS; i++) {
    const run = start(args)
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

function start(args: readonly string[]): { readonly firstOutput: Promise<string>; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--import', SAYS_USAGE, ...args], { stdio: ['ignore', 'pipe', 2, 'pipe'] })
  let said = ''
  child.stdio[3]!.on('data', (chunk: Buffer) => {
    said += String(chunk)
  })
  return {
    firstOutput: new Promise((resolve) => {
      child.stdout!.once('data', (chunk: Buffer) => resolve(String(chunk)))
    }),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', () => resolve(JSON.parse(said) as Ended))
    }),
  }
}

const SAYS_USAGE = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from 'node:fs'
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, rssMb: maxRSS / 1024 }))
  })`)}`

/** The first megabyte, to the end of a line. */
function program({ inputs }: Setting): string[] {
  const { path } = inputs[0]
  return [join(import.meta.dirname, '..', 'programs', 'first.ts'), path, String(textBlocks(path, BYTES, 1)[0][0].to)]
}

const BARE = "process.stdout.write('ready')"

export const first: Workload = {
  name: 'first',
  about:
    'from the start of a process to the first byte it prints: a word count over one megabyte with ' +
    'batches of 10 ms, beside a process that only prints',
  inputs: async () => [textFile(20_000)],
  variants: {
    'bare-node': { run: (setting) => firstByte(setting, ['-e', BARE], 'ready') },
    sluice: { run: (setting) => firstByte(setting, program(setting), '-----') },
  },
  ratios: [{ of: 'sluice', to: 'bare-node', metric: 'p50_batch_ms' }],
}
