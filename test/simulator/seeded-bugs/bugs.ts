/** A deliberate fault: in `file` (below `lib/`), `find` becomes `put`. */
export interface SeededBug {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly put: string
  readonly also?: { readonly find: string; readonly put: string }
  /** Stands in front of the file. */
  readonly prefix?: string
  /** The job that exercises it, where not every job does. */
  readonly job?: 'a' | 'b' | 'c' | 'e' | 'f' | 'g' | 'h' | 'i' | 'sg'
  readonly seeds?: number
}

export const bugs: readonly SeededBug[] = [
  // — the head
  {
    name: 'a refused write counts as won',
    file: 'checkpoint/head-writer.ts',
    find: "=== 'written' ? 'written' : 'unsure'",
    put: "=== 'written' ? 'written' : 'written'",
  },
  {
    name: 'an unanswered write counts as won',
    file: 'checkpoint/head-writer.ts',
    find: "wordsWithCause(error)\n      return 'unsure'",
    put: "wordsWithCause(error)\n      return 'written'",
  },
  {
    name: 'a refused write is sent again over what it found',
    file: 'checkpoint/head-writer.ts',
    find: "if (aftermath === 'fenced') return (found as Versioned<Head> | null)?.value ?? null",
    put: "if (aftermath === 'fenced') { this.#moved(found as Versioned<Head>); continue }",
  },
  {
    name: 'a write without the condition on the revision',
    file: 'adapters/local/head-memory.ts',
    find: "if (expected !== this.#rev) return 'refused'",
    put: '',
  },
  {
    name: 'an epoch that is not raised',
    file: 'checkpoint/transition.ts',
    find: '  epoch: head.epoch + 1,\n})',
    put: '  epoch: head.epoch,\n})',
  },
  {
    name: 'recovery that leaves out what was not delivered',
    file: 'checkpoint/decide.ts',
    find: 'head.outDone < head.committed ?',
    put: 'head.outDone < 0 ?',
  },
  {
    name: 'a tick that is used again after a restart',
    file: 'runtime/coordinator/batch-loop.ts',
    find: 'head.tick + 1',
    put: 'head.tick',
  },

  // — batches longer than a coordinator
  {
    name: 'a seal that is dropped',
    file: 'runtime/batch/handover.ts',
    find: 'tasks, ...(ends ? { ends } : {})',
    put: 'tasks',
    job: 'sg',
  },

  // — the order of a batch
  {
    name: 'outputs before the commit',
    file: 'runtime/batch/run-batch.ts',
    find: '  await commit(held, manifest)\n',
    put: '  await deliver(held, manifest.manifest)\n  await commit(held, manifest)\n',
  },
  {
    name: 'the mark before the outputs',
    file: 'runtime/batch/deliver.ts',
    find: '  const still = await settleOwed(',
    put: "  await held.writer.write((now) => marked(now, now), 'mark')\n  const " + 'still = await settleOwed(',
  },
  {
    name: 'every other mark left out',
    file: 'runtime/batch/deliver.ts',
    find: '  await held.writer.write((now) => marked(',
    put: '  if (manifest.batch % 2 === 1) await held.writer.write((now) => marked(',
  },
  {
    name: 'owed outputs forgotten',
    file: 'runtime/batch/deliver.ts',
    find: 'owed: all, gcFloor',
    put: 'owed: [], gcFloor',
  },
  {
    name: 'owed outputs overtaken by later batches',
    file: 'runtime/batch/deliver.ts',
    find: "=== 'exactly-once'",
    put: "=== 'never'",
  },
  {
    name: 'a manifest that does not name the one it was built on',
    file: 'runtime/batch/next-manifest.ts',
    find: 'base: base?.nonce ?? null',
    put: 'base: null',
  },

  // — names and sweeping
  {
    name: 'names without the run of their writer',
    file: 'runtime/task/run-task.ts',
    find: '`${this.#executionId}.${this.#objects++}`',
    put: '`${this.#objects++}`',
  },
  {
    name: 'live objects swept',
    file: 'checkpoint/manifest.ts',
    find: 'if (!live.has(ref.key)) yield ref',
    put: 'yield ref',
  },
  {
    name: 'a sweep up to the last committed batch',
    file: 'checkpoint/sweep.ts',
    find: 'object.since <= head.gcFloor',
    put: 'object.since <= head.committed',
  },
  {
    name: 'a floor above what was delivered',
    file: 'checkpoint/sweep.ts',
    find: 'manifest.batch) - this.#keep)',
    put: 'manifest.batch) + 1)',
  },
  {
    name: 'what owed outputs need is swept',
    file: 'checkpoint/sweep.ts',
    find: ' && !pinned.has(object.key)',
    put: '',
    seeds: 400,
  },
  {
    name: 'everything found at start is a leftover',
    file: 'runtime/coordinator/coordinator.ts',
    find: 'if (held.base) for (const ref of refsOf(held.base)) live.add(ref.key)',
    put: '',
  },
  {
    name: 'shuffle blocks are never deleted',
    file: 'runtime/batch/run-batch.ts',
    find: '  forgetShuffles(held, answers)\n',
    put: '',
  },
  {
    name: 'old manifests are never deleted',
    file: 'checkpoint/sweep.ts',
    find: 'if (ref && ref.inline === undefined)',
    put: 'if (ref?.key === "")',
  },

  // — sources
  {
    name: 'positions that are not carried over',
    file: 'runtime/batch/plan-batch.ts',
    find: '{ ...base?.positions }',
    put: '{}',
  },
  {
    name: 'positions of a plan that failed',
    file: 'runtime/batch/plan-batch.ts',
    find: 'position: positions[uid] ?? null,',
    put: 'position: (planned.get(uid + head.inc) as any) ?? positions[uid] ?? null,',
    also: {
      find: 'if (cut) positions[uid] = cut.position',
      put: 'if (cut) planned.set(uid + head.inc, positions[uid] = cut.position)',
    },
    prefix: 'const planned = new Map<string, unknown>()\n',
  },
  {
    name: 'positions stay where they were',
    file: 'runtime/batch/plan-batch.ts',
    find: 'if (cut) positions[uid] = cut.position',
    put: 'if (cut) positions[uid] ??= cut.position',
  },

  // — tasks and shuffles
  {
    name: 'one task answers a shuffle twice',
    file: 'runtime/batch/run-stages.ts',
    find: 'outputs[output.shuffle].push(output)',
    put: 'outputs[output.shuffle].push(output, output)',
  },
  {
    name: 'a reducer that leaves out a map task',
    file: 'shuffle/blocks.ts',
    find: 'Promise.all(wanted.map(',
    put: 'Promise.all(wanted.slice(0, 2).map(',
  },
  {
    name: 'an answer that counts twice',
    file: 'runtime/batch/run-stages.ts',
    find: 'return progress.answers',
    put: 'return [...progress.answers, ...progress.answers]',
  },
  {
    name: 'a failed task that counts as done',
    file: 'runtime/batch/run-stages.ts',
    find: "first + attempt })\n    if (answer.kind === 'done') return answer\n",
    put:
      "first + attempt })\n    if (answer.kind === 'done') return answer\n    if (attempt > 0) return { " +
      "kind: 'done', task: spec.task, exec: spec.exec, executionId: '-', shuffles: [], reduced: [], state: [], " +
      'retained: [], outputs: [], records: {}, accumulators: {} } as TaskDone\n',
  },

  // — state and windows
  {
    name: 'warm state kept after a failed attempt',
    file: 'state/state-store.ts',
    find: '    this.#warm.delete(name)\n',
    put: '',
    job: 'b',
    seeds: 800,
  },
  {
    name: 'warm state used whatever it was built on',
    file: 'state/state-store.ts',
    find: 'warm && warm.tip === tipOf(of) ? warm.state : null',
    put: 'warm ? warm.state : null',
    job: 'b',
  },
  {
    name: 'a snapshot without the deltas behind it',
    file: 'state/state-store.ts',
    find: 'of chain.blocks.entries()',
    put: 'of chain.blocks.slice(0, 1).entries()',
    job: 'b',
  },
  {
    name: 'deltas in the wrong order',
    file: 'model/state-chain.ts',
    find: 'const blocks = [...before, block]',
    put: 'const blocks = [before[0]!, block, ...before.slice(1)].filter((each) => each !== undefined)',
    job: 'b',
  },
  {
    name: 'a delta without removed keys',
    file: 'state/keyed-state.ts',
    find: ', ...removalSections(this.#removed)',
    put: '',
    job: 'b',
  },
  {
    name: 'a snapshot on top of the old chain',
    file: 'model/state-chain.ts',
    find: "if (block.kind === 'snapshot') return [block]",
    put: "if (block.kind === 'snapshot') return [...before, block]",
    job: 'b',
  },
  {
    name: 'kept records of a window dropped early',
    file: 'runtime/batch/next-manifest.ts',
    find: 'batch.time > time - ms)',
    put: 'batch.time > time - ms + 2000)',
    job: 'b',
  },
  {
    name: 'a pane that stays one batch too long',
    file: 'state/window-state.ts',
    find: 'panes[gone].time < oldest',
    put: 'panes[gone].time < oldest - 1000',
    job: 'b',
  },
  {
    name: 'a pane that goes one batch too early',
    file: 'state/chains.ts',
    find: 'pane.time > window!.keepPanesAfter',
    put: 'pane.time > window!.keepPanesAfter + 2000',
    job: 'b',
  },
  {
    name: 'timeouts left out in empty batches',
    file: 'api/dstream/operators/map-with-state.ts',
    find: 'if (expires !== null) expire',
    put: 'if (expires !== null && mapped.length > 0) expire',
    job: 'b',
  },

  // — dead letters, and outputs before the commit
  {
    name: 'a record to blame for a store that failed',
    file: 'runtime/batch/isolate-records.ts',
    find: "    if (answer.kind === 'failed' && !mayBeARecords(answer.error.fault)) throw reviveError(answer.error)\n",
    put: '',
    job: 'e',
  },
  {
    name: 'the record after the one to blame set aside',
    file: 'runtime/task/read-split.ts',
    find: '!this.#skip.has(from + i)',
    put: '!this.#skip.has(from + i - 1)',
    job: 'e',
  },
  {
    name: 'records set aside and not kept',
    file: 'checkpoint/dead-letters.ts',
    find: 'return [...left, ...added]',
    put: 'return left',
    job: 'e',
  },
  {
    name: 'a plan made anew after it was shown from',
    file: 'runtime/batch/run-batch.ts',
    find: 'if (held.writer.head.plan) return await finishBatch(',
    put: 'if (held.writer.head.plan && held.writer.head.plan.tick < tick) return await finishBatch(',
    job: 'f',
  },
  {
    name: 'outputs shown before their plan is fixed',
    file: 'runtime/batch/run-batch.ts',
    find: "  if (opensPlan(held.program.graph) === 'cut') await openPlan(held, first.planned)\n",
    put: '',
    job: 'f',
  },
  {
    name: 'a plan whose source has moved on',
    file: 'runtime/batch/run-batch.ts',
    find: 'planAround(held, await storedPlan(held))',
    put: 'planAround(held, { ...(await storedPlan(held)), positions: { ...(held.base?.positions ?? {}) } })',
    job: 'f',
  },

  // — ends that reading finds
  {
    name: 'the end that a loser found',
    file: 'runtime/batch/speculation.ts',
    find: 'if (this.#tookMs !== null) return this.#late(answer)',
    put: 'if (this.#tookMs !== null) { Object.assign((this.won as any).ends ?? {}, (answer as any).ends); return }',
    also: { find: 'this.#won.resolve(answer)', put: 'this.won = answer; this.#won.resolve(answer)' },
    job: 'g',
  },
  {
    name: 'a source that two tasks read to two ends',
    file: 'plan/stages.ts',
    find: 'node.once || (node.pinned && times === 0)',
    put: 'node.pinned && times === 0',
    job: 'g',
  },
  {
    name: 'a second reading that goes on behind the end of the first',
    file: 'runtime/task/task-scope.ts',
    find: ' ?? sealedSplit(this.ends, uid, name)',
    put: '',
    job: 'g',
  },
  {
    name: 'a position without the ends that were found',
    file: 'runtime/batch/split-ends.ts',
    find: 'source.sealed(cut.position, own)',
    put: 'cut.position',
    job: 'g',
  },
  {
    name: 'a plan that is fixed before its ends are known',
    file: 'runtime/batch/open-plan.ts',
    find: "if (discovers(graph)) return 'read'",
    put: '',
    job: 'g',
  },
  {
    name: 'an open plan that forgets its ends',
    file: 'runtime/batch/open-plan.ts',
    find: 'given({ skip, ends })',
    put: 'given({ skip })',
    job: 'g',
  },
  {
    name: 'an action that read less than its batch',
    file: 'runtime/batch/plan-batch.ts',
    find: 'return withEnds(known, [{ ends: scope.ends }])',
    put: 'return known',
    job: 'h',
  },

  // — state that is rewritten a piece at a time
  {
    name: 'a block that goes when the first group no longer needs it',
    file: 'model/state-chain.ts',
    find: '(least, base) => Math.min(least, base), blocks.length)',
    put: '(most, base) => Math.max(most, base), 0)',
    job: 'i',
  },
  {
    name: 'changes of a group that come after all of its keys',
    file: 'state/state-store.ts',
    find: 'own(group) && index >= bases[group - chain.from]',
    put: 'own(group)',
    job: 'i',
  },
  {
    name: 'a group said to be whole of which only changes are written',
    file: 'state/keyed-state.ts',
    find: 'this.#sections(this.#idsOf(group)).map(',
    put: 'this.#sections(this.#touched.filter((id) => keyGroupOf(this.table.hashAt(id)) === group)).map(',
    job: 'i',
  },
  {
    name: 'removed keys that stay in the list of their group',
    file: 'state/keyed-state.ts',
    find: '!this.has(id) || (flags[id] & LISTED) !== 0 ||',
    put: '(flags[id] & LISTED) !== 0 ||',
    job: 'i',
  },
]
