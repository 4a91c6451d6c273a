import { preparePython, pythonIsMissing } from './python/python.ts'
import { prepareSpark, sparkIsMissing } from './spark/spark.ts'
import type { Rival } from './workload.ts'

/** How somebody else's engine gets here: why it cannot, and what has to be fetched and built before the first round. */
interface Arrival {
  missing(): string | null
  prepare(): void
}

export const rivals: Readonly<Record<Rival, Arrival>> = {
  spark: { missing: sparkIsMissing, prepare: prepareSpark },
  bytewax: { missing: () => pythonIsMissing('bytewax'), prepare: () => preparePython('bytewax') },
  pathway: { missing: () => pythonIsMissing('pathway'), prepare: () => preparePython('pathway') },
}
