import { StreamingContext } from '../../../lib/index.ts'
import { type Case, comparisonOf } from '../cases.ts'
import { batchesDiffer } from '../compare.ts'
import type { TestBed } from '../test-bed.ts'
import { batchesOf, define, missingFiles } from './program.ts'

/** Some batches, a stop, a context made from the checkpoint directory alone, and the rest of the batches. */
export async function runRestarted(each: Case, bed: TestBed): Promise<string | null> {
  const { context, output, stream } = define(each, bed)
  const intervalMs = each.batchIntervalMs!
  await bed.start(context)
  await bed.advance(each.batchesBeforeRestart! * intervalMs, context)
  await bed.through(context.stop(), () => context)
  const before = output.batches.length

  const recovered = await StreamingContext.getOrCreate(bed.folder('dir'), notAgain)
  await bed.start(recovered)
  await bed.advance((batchesOf(each, stream) - each.batchesBeforeRestart!) * intervalMs, recovered)
  await bed.through(recovered.stop(), () => recovered)

  if (bed.errors.length > 0) return `a batch failed: ${String(bed.errors[0])}`
  return (
    outputsDiffer(each, output.outputs.slice(0, before), output.outputs.slice(before)) ?? missingFiles(each, output)
  )
}

function notAgain(): never {
  throw new Error('the checkpoint was not used')
}

/** The batch at the cut may be shown twice, nothing else. */
function outputsDiffer(
  each: Case,
  before: readonly (readonly unknown[])[],
  after: readonly (readonly unknown[])[],
): string | null {
  const all = each.expected as readonly unknown[][]
  const compare = comparisonOf(each)
  const prefix = batchesDiffer(before, all.slice(0, before.length), compare)
  if (prefix) return `before the restart: ${prefix}`
  const repeated = before.length + after.length - all.length
  if (repeated < 0 || repeated > 1)
    return `${before.length} and ${after.length} output batches, expected ${all.length} in all`
  const suffix = batchesDiffer(after, all.slice(all.length - after.length), compare)
  return suffix && `after the restart: ${suffix}`
}
