import type { Case } from './cases.ts'
import { runDstream } from './dstream/run-dstream.ts'
import { runScript } from './script/run-script.ts'

/** Areas whose engine does not exist. */
const notBuilt = new Set([
  'watermark',
  'aggregation',
  'join',
  'dedup',
  'session',
  'groups-with-state',
  'multi-stateful',
])

interface Results {
  readonly passed: readonly string[]
  readonly failed: readonly { readonly id: string; readonly difference: string }[]
  /** Number of cases per area. */
  readonly skipped: ReadonlyMap<string, number>
}

/** One at a time: a process has one active context. */
export async function runCases(
  cases: readonly Case[],
  onResult: (id: string, difference: string | null, ms: number) => void = () => {},
): Promise<Results> {
  const passed: string[] = []
  const failed: { id: string; difference: string }[] = []
  const skipped = new Map<string, number>()
  for (const each of cases) {
    if (isNotBuilt(each)) {
      skipped.set(each.area, (skipped.get(each.area) ?? 0) + 1)
      continue
    }
    const start = performance.now()
    const difference = await differenceOf(each)
    onResult(each.id, difference, performance.now() - start)
    if (difference === null) passed.push(each.id)
    else failed.push({ id: each.id, difference })
  }
  return { passed, failed, skipped }
}

const isNotBuilt = (each: Case): boolean => each.kind === 'structured' || notBuilt.has(each.area)

async function differenceOf(each: Case): Promise<string | null> {
  const nobodys: unknown[] = []
  const note = (error: unknown): void => {
    nobodys.push(error)
  }
  process.on('unhandledRejection', note)
  try {
    const difference = each.kind === 'script' ? await runScript(each) : await runDstream(each)
    return difference ?? (nobodys.length > 0 ? `an error reached nobody: ${described(nobodys[0])}` : null)
  } catch (error) {
    return described(error)
  } finally {
    process.off('unhandledRejection', note)
  }
}

const described = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${firstPlace(error)}` : String(error)
const firstPlace = ({ stack }: Error): string =>
  stack
    ?.split('\n')
    .find((line) => line.includes('file:'))
    ?.trim() ?? ''
