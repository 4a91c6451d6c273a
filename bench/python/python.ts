import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache } from '../../infra/servers/jars.ts'
import { findProgram } from '../../infra/servers/server-process.ts'
import { measureOutside } from '../outside.ts'
import type { Setting, Variant } from '../workload.ts'

const VERSIONS = { bytewax: '0.21.1', pathway: '0.33.0' } as const
type Engine = keyof typeof VERSIONS

/** Both have wheels for these. */
const PYTHONS = ['python3.12', 'python3.11', 'python3.13', 'python3']
const place = (engine: Engine): string => join(cache, `${engine}-${VERSIONS[engine]}`)

/** Why an engine in Python cannot run here, or `null`. */
export function pythonIsMissing(engine: Engine): string | null {
  if (existsSync(place(engine)) || findPython()) return null
  return `${engine} needs Python 3.11 to 3.13 with venv (Debian: apt-get install python3-venv)`
}

const CAN_INSTALL = 'import sys, venv, ensurepip; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else 1)'

function findPython(): string | null {
  for (const name of PYTHONS) {
    const path = findProgram(name)
    if (path && spawnSync(path, ['-c', CAN_INSTALL]).status === 0) return path
  }
  return null
}

/** Installs an engine into an environment of its own, unless it is there. */
export function preparePython(engine: Engine): void {
  if (existsSync(place(engine))) return
  mkdirSync(cache, { recursive: true })
  const folder = `${place(engine)}-${process.pid}`
  const options = { stdio: ['ignore', 'ignore', 'inherit'] as ['ignore', 'ignore', 'inherit'] }
  try {
    execFileSync(findPython()!, ['-m', 'venv', folder], options)
    execFileSync(
      join(folder, 'bin', 'python'),
      ['-m', 'pip', 'install', '-q', `${engine}==${VERSIONS[engine]}`],
      options,
    )
    renameSync(folder, place(engine))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `wordcount.py` as a variant of a workload. */
export const onPython = (
  engine: Engine,
  run: (setting: Setting) => { readonly records: number; readonly options: readonly string[] },
): Variant => ({
  rival: engine,
  once: true,
  async run(setting) {
    const { records, options } = run(setting)
    const script = join(import.meta.dirname, 'wordcount.py')
    const { checksum } = await measureOutside(setting.meter, join(place(engine), 'bin', 'python'), [
      script,
      engine,
      ...options,
    ])
    return { records, checksum, extra: { version: VERSIONS[engine] } }
  },
})
