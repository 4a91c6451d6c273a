import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { textFile } from '../data.ts'
import { textBlocks } from '../text-blocks.ts'
import type { Outcome, Setting, Workload } from '../workload.ts'

const BYTES = 1_000_000
const STARTS = 10

/** Starts a process several times and waits for its first byte; the processes are not part of this one's CPU time. */
async function firstByte({ meter, inputs }: Setting, args: readonly string[], expected: string): Promise<Outcome> {
  await outputOf(args)
  for (let i = 0; i < STARTS; i++) {
    let output = ''
    await meter.batch(async () => { output = await outputOf(args) })
    if (!output.startsWith(expected)) throw new Error(`${args.join(' ')} began with ${JSON.stringify(output)}`)
  }
  return { records: 0, checksum: inputs[0]!.sha256, extra: { first_ms: meter.quantileMs(0.5) } }
}

function outputOf(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 2] })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => reject(new Error('it ended without a word')))
    child.stdout.once('data', (chunk: Buffer) => {
      resolve(String(chunk))
      child.kill()
    })
  })
}

/** The first megabyte, to the end of a line. */
function program({ inputs }: Setting): string[] {
  const { path } = inputs[0]!
  return [join(import.meta.dirname, '..', 'programs', 'first.ts'), path, String(textBlocks(path, BYTES, 1)[0]![0]!.to)]
}

const BARE = "process.stdout.write('ready')"

export const first: Workload = {
  name: 'first',
  about: 'from the start of a process to the first byte it prints: a word count over one megabyte with batches of 10 ms, beside a process that only prints',
  inputs: async () => [textFile(20_000)],
  variants: {
    'bare-node': { run: (setting) => firstByte(setting, ['-e', BARE], 'ready') },
    'sluice': { run: (setting) => firstByte(setting, program(setting), '-----') },
  },
  ratios: [{ of: 'sluice', to: 'bare-node', metric: 'p50_batch_ms' }],
}
