import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { StagePlace } from '../hosts/serverless/place.ts'
import { SluiceError } from '../model/errors.ts'
import { usageError } from './usage.ts'

/** The CLI that resolves `serverless.yml`, by the names that its package has. */
const CLIS = ['osls', 'serverless']

/**
 * Where a stage is and what its parts are called: the Serverless CLI of the project resolves its `serverless.yml`, and
 * the plugin answers. `file` holds an answer that somebody has already. Throws `E_USAGE` where there is no such CLI, or
 * with what the CLI says where it refuses.
 */
export async function placeOfStage(stage: string, file: string | null): Promise<StagePlace> {
  const text = file === null ? await asked(stage) : readFileSync(file, 'utf8')
  return JSON.parse(text) as StagePlace
}

async function asked(stage: string): Promise<string> {
  const cli = findCli()
  const { stdout, failed, said } = await new Promise<{ stdout: string; failed: boolean; said: string }>((resolve) => {
    execFile(process.execPath, [cli, 'sluice-place', '--stage', stage], (error, stdout, stderr) =>
      resolve({ stdout, failed: error !== null, said: stderr + stdout }),
    )
  })
  const answer = stdout.split('\n').find((line) => line.startsWith('{'))
  if (!failed && answer !== undefined) return answer
  throw new SluiceError('E_USAGE', `serverless.yml could not be read for the stage ${stage}:\n${said.trim()}`, {
    did: 'nothing was looked at',
    next: ['run it where serverless.yml is, with the plugin sluice/serverless in it'],
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
