import type { Json } from '../../lib/model/json.ts'
import type { BatchPlan } from '../../lib/model/task.ts'
import type { TaskProgram } from '../../lib/runtime/task/program.ts'
import { START } from './run.ts'

/** The first batch of a program with one source, which is cut into these splits. */
export function firstPlan(
  { graph, fingerprint }: TaskProgram,
  splits: readonly Json[],
  { app = 'test', records = null }: { readonly app?: string; readonly records?: number | null } = {},
): BatchPlan {
  const [{ uid }] = graph.inputs
  return {
    app,
    inc: 'i1',
    batch: 1,
    tick: 1,
    time: START + 1000,
    nonce: 'n',
    epoch: 1,
    graph: fingerprint,
    zeroTime: START,
    cuts: { [uid]: { position: 1, splits, records } },
    actions: {},
    state: {},
    retained: {},
  }
}

/** A first batch that reads this split of each source of `batchSource`. */
export const numbered = (splits: number): Json[] => Array.from({ length: splits }, (_, i) => [0, i])
