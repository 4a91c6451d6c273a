// The published form: declarations file by file, code in few files, because every file that a process opens costs
// start-up time.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

const entries = [
  'index',
  'function',
  'cli/bin',
  'cli/watchdog-thread',
  'hosts/embedded/worker',
  'testing/index',
  'testing/contracts/index',
  'adapters/aws/index',
  'hosts/functions/index',
  'hosts/lambda/index',
  'hosts/serverless/index',
  'adapters/index',
  'api/kafka/index',
]
const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))

rmSync('dist', { recursive: true, force: true })
execFileSync('tsc', ['-p', 'tsconfig.build.json', '--emitDeclarationOnly'], { stdio: 'inherit' })
await build({
  entryPoints: entries.map((entry) => `lib/${entry}.ts`).filter((file) => existsSync(file)),
  outdir: 'dist/lib',
  outbase: 'lib',
  bundle: true,
  splitting: true,
  chunkNames: 'shared/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external: Object.keys(peerDependencies),
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
})
