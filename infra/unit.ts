// `npm run unit`: all tests but those that need servers or a deployment, or those that are named behind it. The longest
// files begin first, so that both cores have something to do up to the end. What one process has compiled of the
// library, those after it read: each file of tests is a process of its own.
import { globSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const ALL = ['test/*.test.ts', 'test/!(servers|offline|e2e)/**/*.test.ts']
/** What takes longest, by how its path begins; everything else takes a few seconds. */
const LONGEST = [
  'test/simulator/random-faults',
  'test/simulator/single-faults',
  'test/hosts/serverless/package',
  'test/cli/simulate',
  'test/cli/plan-print',
  'test/simulator/',
  'test/conformance',
  'test/cli/',
  'test/source/unseen-files',
  'test/adapters/kill',
  'test/docs/',
]
/** How many files run at once: one more than the two cores of CI, since some wait for processes and clocks. */
const AT_ONCE = 3
const HANGS_MS = 1_200_000

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'node-compile-cache')
const named = process.argv.slice(2)
const files = globSync(named.length > 0 ? named : ALL).toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
if (files.length === 0) throw new Error(`no tests in ${named.join(', ')}`)
const tests = run({ files, concurrency: AT_ONCE, timeout: HANGS_MS })
tests.on('test:fail', () => {
  process.exitCode = 1
})
tests.compose(new spec()).pipe(process.stdout)

function rank(file: string): number {
  const at = LONGEST.findIndex((begin) => file.startsWith(begin))
  if (at < 0) return LONGEST.length
  return at
}
