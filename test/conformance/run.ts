import { parseArgs } from 'node:util'
import { readCases } from './cases.ts'
import { runCases } from './run-cases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, verbose: { type: 'boolean', default: false } },
})
if (positionals.length === 0) {
  console.error('npm run conformance -- <directory or file>… [--only <part of an id>] [--verbose]')
  process.exit(2)
}

const cases = readCases(positionals).filter((each) => each.id.includes(values.only ?? ''))
const { passed, failed, skipped } = await runCases(cases, (id, difference, ms) => {
  if (difference !== null) console.log(`${id}: ${difference.replaceAll('\n', ' ')}`)
  else if (values.verbose) console.log(`${id}: passed in ${Math.round(ms)} ms`)
})
for (const [area, count] of skipped) console.log(`${area}: ${count} skipped, not built yet`)
const skippedCount = [...skipped.values()].reduce((sum, count) => sum + count, 0)
console.log(`${passed.length} passed, ${failed.length} failed, ${skippedCount} skipped`)
process.exit(failed.length > 0 ? 1 : 0)
