import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ownModule } from '../../model/library.ts'
import { BUILD_FOLDER } from './bundle.ts'
import type { StagePlace } from './place.ts'

/** `sluice plan` for a stage, in a process of its own: it loads the program, which may do what it likes. */
export async function runPlan(
  folder: string,
  place: StagePlace,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number | null> {
  const build = join(folder, BUILD_FOLDER)
  await mkdir(build, { recursive: true })
  const file = join(build, 'place.json')
  await writeFile(file, JSON.stringify(place))
  const bin = fileURLToPath(ownModule('cli/bin'))
  const child = spawn(process.execPath, [bin, 'plan', '--stage', place.stage, '--at', file, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 2, 2],
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return status
}
