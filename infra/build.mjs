// The published form: declarations file by file, and code as `published.ts` says.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { build } from 'esbuild'
import { published } from './published.ts'

const { exports: doors } = JSON.parse(readFileSync('package.json', 'utf8'))
/** Sources of what programs import, under each condition. */
const sourcesOf = (door) =>
  Object.entries(door).flatMap(([condition, file]) => {
    if (typeof file === 'object') return sourcesOf(file)
    return condition === 'sluice-source' ? [file] : []
  })
// What is started by its name besides: the command line, and threads.
const started = [
  'lib/cli/bin.ts',
  'lib/cli/watchdog-thread.ts',
  'lib/hosts/embedded/worker.ts',
  'lib/hosts/offline/function-process.ts',
]

rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['-p', 'tsconfig.build.json', '--emitDeclarationOnly'], { stdio: 'inherit' })
await build({
  ...published,
  entryPoints: [...started, ...Object.values(doors).flatMap(sourcesOf)],
  outdir: 'dist/lib',
  outbase: 'lib',
})
