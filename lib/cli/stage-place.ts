import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LookedStage } from '../hosts/serverless/deployed.ts'
import { checkedLooks, checkedPlace } from '../hosts/serverless/check-place.ts'
import type { StagePlace } from '../hosts/serverless/place.ts'
import { hasCode, messageOf } from '../model/errors.ts'
import { cliRefusal, noPlugin, refusalIn } from './cli-refusal.ts'
import { usageError } from './usage.ts'

/** The CLI that resolves `serverless.yml`, by the names that its package has. */
const CLIS = ['osls', 'serverless']

/**
 * Where a stage is and what its parts are called: the Serverless CLI of the project resolves its `serverless.yml`, and
 * the plugin answers. `file` holds an answer that somebody has already. Throws `E_USAGE` where there is no such CLI,
 * with what the CLI says where it refuses, and where something is missing in the answer.
 */
export const placeOfStage = async (stage: string, file: string | null): Promise<StagePlace> =>
  checkedPlace(await answerFor('sluice-place', stage, file), file ?? 'sluice-place')

/**
 * The same, and how the functions of the stage are deployed; `file` as above. Throws as `placeOfStage` does.
 */
export const lookedStage = async (stage: string, file: string | null): Promise<LookedStage> =>
  checkedLooks(await answerFor('sluice-deployed', stage, file), file ?? 'sluice-deployed')

async function answerFor(command: string, stage: string, file: string | null): Promise<string> {
  if (file === null) return answerOf(command, stage)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw usageError(`${file} cannot be read: ${messageOf(error)}.`)
  }
}

/** What the stage is without the plugin: the block of a plain `serverless.yml`. Throws as `placeOfStage` does. */
export const plainStage = async (stage: string): Promise<unknown> =>
  JSON.parse(await answerOf('sluice-print', stage)) as unknown

/** The template that a deploy would hand to CloudFormation: packaged anew, without a call. Throws as `placeOfStage`. */
export async function templateOfStage(stage: string): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-print-'))
  try {
    const { failed, said } = await runCli(['package', '--stage', stage, '--package', folder])
    if (failed) throw cliRefusal(stage, said)
    const file = join(folder, 'cloudformation-template-update-stack.json')
    return inOrder(JSON.parse(await readFile(file, 'utf8')) as Template)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Template {
  readonly Resources: object
  readonly Outputs?: object
}

/** Resources by name: the Serverless CLI writes them as it gets done with them, and templates are compared. */
const inOrder = ({ Resources, Outputs = {}, ...rest }: Template): Template => ({
  ...rest,
  Resources: byName(Resources),
  Outputs: byName(Outputs),
})

const byName = (entries: object): object =>
  Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)))

/** A command of the plugin that talks to whoever typed it; its exit code. Throws as `placeOfStage` does. */
export async function callStage(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [findCli(), ...args], { stdio: ['inherit', 'pipe', 'pipe'] })
  let said = ''
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const)
    from.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      to.write(chunk)
    })
  const status = await new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  if (status === 0) return 0
  const neverMeant = noPlugin(said)
  if (neverMeant) throw neverMeant
  return hasCode(refusalIn(said), 'E_AWS_ACCESS') ? 5 : 1
}

/** The line of JSON that a command of the plugin answers with. */
async function answerOf(command: string, stage: string): Promise<string> {
  const { stdout, failed, said } = await runCli([command, '--stage', stage])
  const answer = stdout.split('\n').find((line) => line.startsWith('{'))
  if (!failed && answer !== undefined) return answer
  throw cliRefusal(stage, said)
}

async function runCli(args: readonly string[]): Promise<{ stdout: string; failed: boolean; said: string }> {
  const cli = findCli()
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ stdout, failed: error !== null, said: stderr + stdout }),
    )
  })
}

function findCli(): string {
  const fromHere = createRequire(join(process.cwd(), 'package.json'))
  for (const name of CLIS) {
    try {
      const manifest = fromHere.resolve(`${name}/package.json`)
      const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: Record<string, string> }
      return join(manifest, '..', Object.values(bin)[0])
    } catch {
      // The other name, or none.
    }
  }
  throw usageError('The Serverless CLI is not installed here.', 'npm install --save-dev osls')
}
