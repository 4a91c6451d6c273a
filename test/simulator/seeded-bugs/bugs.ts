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
  readonly job?: string
  /** What else it takes, in other files. */
  readonly more?: readonly { readonly file: string; readonly find: string; readonly put: string }[]
  readonly seeds?: number
}

/** A section of a block has a checksum of its own. */
const SECTIONS_UNCHECKED = {
  file: 'codec/block.ts',
  find: "if (bytes.length !== length || crc32(bytes) !== crc) r.corrupt('its checksum differs')",
  put: '',
}

const KEYS_UNCHECKED = {
  file: 'state/stored-keyed.ts',
  find: 'if (!isWithin(block, from, to))',
  put: 'if (isWithin(block, from, to) === null)',
}

export const bugs: readonly SeededBug[] = [
  // — what the log of heads says afterwards
  {
    name: 'a plan that says the same in another order is taken for another one',
    file: 'verify/step.ts',
    find: 'same(byName(cuts[source]), byName(manifest.cuts[source]))',
    put: 'same(cuts[source], manifest.cuts[source])',
    job: 'f',
  },
  {
    name: 'records of a split that two stages read are counted twice',
    file: 'runtime/batch/next-manifest.ts',
    find: 'counts.set(split, splits[split]!)',
    put: 'counts.set(split, splits[split]! + (counts.get(split) ?? 0))',
  },
  // — coordinators that live for one batch, and who deletes for them
  {
    name: 'who owes outputs takes the app in silence',
    file: 'checkpoint/head-writer.ts',
    find: '!plan && owed.length === 0 && outDone === committed',
    put: '!plan',
    job: 'asked-brief',
  },
  {
    name: 'garbage goes before the floor has passed',
    file: 'runtime/coordinator/collect-garbage.ts',
    find: 'batch <= head.gcFloor',
    put: 'batch <= head.committed',
    job: 'b-brief',
  },
  {
    name: 'what is of the batch under way is garbage',
    file: 'runtime/coordinator/collect-garbage.ts',
    find: 'batch <= committed && !live.has(key)',
    put: '!live.has(key)',
    job: 'b-brief',
  },
  // — batches that are cheap: what travels, and what lies together
  {
    name: 'a reducer is sent the sections of its neighbour',
    file: 'shuffle/own-sections.ts',
    find: 'subarray(startOf(sizes, first), startOf(sizes, last + 1))',
    put: 'subarray(startOf(sizes, first + 1), startOf(sizes, last + 2))',
    job: 'a-brief',
  },
  {
    name: 'a share that is left out because it weighs nothing',
    file: 'runtime/batch/shares.ts',
    find: 'return byWeight(run, weights!, total, tasks)',
    put: 'return byWeight(run, weights!, total, tasks).slice(0, tasks - 1 || 1)',
    job: 'a-brief',
  },
  {
    name: 'state that lies together and is never written',
    file: 'runtime/task/state-objects.ts',
    find: 'await this.#blobs.putNew(key, Buffer.concat(parts))',
    put: 'parts.length > 1 || (await this.#blobs.putNew(key, Buffer.concat(parts)))',
    job: 'b',
  },
  {
    name: 'an object goes with the first of the references into it',
    file: 'checkpoint/manifest.ts',
    find: 'if (!live.has(ref.key)) yield ref',
    put: 'if (!live.has(ref.key) || ref.at === 0) yield ref',
    job: 'b',
  },
  {
    name: 'panes of windows of two lengths in one object',
    file: 'runtime/task/state-objects.ts',
    find: "suffix === 'p' ? operator : ''",
    put: "suffix === 'p' ? 'p' : ''",
    job: 'breaks',
  },
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
    find: 'if (head.outDone < head.committed)',
    put: 'if (head.outDone < 0)',
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
    find: 'tasks, ...given({ ends, trials: this.#trials })',
    put: 'tasks',
    job: 'sg',
  },
  {
    name: 'seals kept beside records that were set aside',
    file: 'runtime/batch/run-batch.ts',
    find: 'isHandover(error) && isolated)',
    put: 'isHandover(error) && isolated && false)',
    job: 'se',
  },
  {
    name: 'a search that begins anew in each life',
    file: 'runtime/batch/known-trials.ts',
    find: 'const known = this.#answers.get(asked)',
    put: 'const known = undefined as unknown',
    job: 'se',
  },
  {
    name: 'a search that takes the answer to another trial',
    file: 'runtime/batch/known-trials.ts',
    find: 'JSON.stringify([task, trial, plan.skip ?? {}])',
    put: 'JSON.stringify([trial!.kind])',
    job: 'se',
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
    file: 'runtime/task/execution.ts',
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
    name: 'dead letters that no manifest is said to name',
    file: 'checkpoint/manifest.ts',
    find: 'for (const letters of manifest.deadLetters ?? []) yield letters.ref',
    put: '',
    job: 'e',
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
    file: 'runtime/coordinator/live-objects.ts',
    find: 'if (base) for (const ref of refsOf(base)) live.add(ref.key)',
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
    file: 'runtime/planning/plan-batch.ts',
    find: '{ ...base?.positions }',
    put: '{}',
  },
  {
    name: 'positions of a plan that failed',
    file: 'runtime/planning/plan-batch.ts',
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
    file: 'runtime/planning/plan-batch.ts',
    find: 'if (cut) positions[uid] = cut.position',
    put: 'if (cut) positions[uid] ??= cut.position',
  },

  // — tasks and shuffles
  {
    name: 'one task answers a shuffle twice',
    file: 'runtime/batch/run-stages.ts',
    find: 'outputs[output.shuffle]!.push(output)',
    put: 'outputs[output.shuffle]!.push(output, output)',
  },
  {
    name: 'a reducer that leaves out a map task',
    file: 'shuffle/blocks.ts',
    find: 'Promise.all(wanted.map(',
    put: 'Promise.all(wanted.slice(0, 2).map(',
  },
  {
    name: 'a reducer that reads the range of another one, and does not compare its checksum',
    file: 'shuffle/blocks.ts',
    find: 'const from = startOf(sizes, reducer)',
    put: 'reducer = sizes.findIndex((size) => size > 0)\n    const from = startOf(sizes, reducer)',
    more: [SECTIONS_UNCHECKED],
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
    job: 'sessions',
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
    file: 'state/stored-keyed.ts',
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
    find: 'yield* removalSections(removed)',
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
    // What a store has failed with is tried again before it is looked at.
    more: [
      {
        file: 'runtime/batch/run-stages.ts',
        find: 'const isFaultless = !mayBeARecords(answer.error.fault)',
        put: 'const isFaultless = false',
      },
    ],
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
    find: "  if (opensPlan(held.program) === 'cut') await openPlan(held, first.planned)\n",
    put: '',
    job: 'f',
  },
  {
    name: 'a plan whose source has moved on',
    file: 'runtime/batch/run-batch.ts',
    find: 'facts: await storedPlan(held) })',
    put: 'facts: { ...(await storedPlan(held)), positions: { ...(held.base?.positions ?? {}) } } })',
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
    file: 'runtime/planning/plan-batch.ts',
    find: 'source.sealed(cut.position, own)',
    put: 'cut.position',
    job: 'g',
  },
  {
    name: 'a plan that is fixed before its ends are known',
    file: 'runtime/batch/open-plan.ts',
    find: "if (facts.inputs.some(({ discovers }) => discovers)) return 'read'",
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
    file: 'runtime/planning/plan-batch.ts',
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
    file: 'state/stored-keyed.ts',
    find: 'own(group) && index >= bases[group - chain.from]',
    put: 'own(group)',
    job: 'i',
  },
  {
    name: 'a group said to be whole of which only changes are written',
    file: 'state/keyed-state.ts',
    find: 'this.#idsOf(group))',
    put: 'this.#touched.filter((id) => keyGroupOf(this.table.hashAt(id)) === group))',
    job: 'i',
  },
  {
    name: 'removed keys that stay in the list of their group',
    file: 'state/keyed-state.ts',
    find: '!this.has(id) || (rows.markAt(id) & LISTED) !== 0 ||',
    put: '(rows.markAt(id) & LISTED) !== 0 ||',
    job: 'i',
  },

  // — garbage collection at a start
  {
    name: 'received blocks swept at a start',
    file: 'runtime/coordinator/live-objects.ts',
    find: "'received'].includes(kind)",
    put: '].includes(kind)',
    more: [
      {
        file: 'runtime/coordinator/coordinator.ts',
        find: 'held.sweeper.discard(former, 0)',
        put: 'held.sweeper.discard(former, 0)\n  held.sweeper.sweep({ ...head, gcFloor: head.committed })',
      },
    ],
    job: 'received',
  },
  {
    name: 'commands about dead letters swept at a start',
    file: 'runtime/coordinator/live-objects.ts',
    find: "!['dead-letter-command', 'output-command'",
    put: "!['output-command'",
    more: [
      {
        file: 'runtime/coordinator/coordinator.ts',
        find: 'held.sweeper.discard(former, 0)',
        put: 'held.sweeper.discard(former, 0)\n  held.sweeper.sweep({ ...head, gcFloor: head.committed })',
      },
    ],
    job: 'decided',
  },
  {
    name: 'an open plan swept at a start',
    file: 'runtime/coordinator/live-objects.ts',
    find: '[manifest, plan?.content, plan?.seals]',
    put: '[manifest, plan?.seals]',
    more: [
      {
        file: 'runtime/coordinator/coordinator.ts',
        find: 'held.sweeper.discard(former, 0)',
        put: 'held.sweeper.discard(former, 0)\n  held.sweeper.sweep({ ...head, gcFloor: head.committed })',
      },
    ],
    job: 'decided',
  },
  {
    name: 'packs of panes that an owed output needs',
    file: 'checkpoint/sweep.ts',
    find: '...(content.packs ?? []).map((pack) => pack.ref.key),',
    put: '',
    more: [{ file: 'checkpoint/pane-packs.ts', find: 'const PACK = 64', put: 'const PACK = 3' }],
    job: 'owed-window',
  },
  {
    name: 'what was owed stays pinned',
    file: 'checkpoint/sweep.ts',
    find: 'if (!names.has(name)) this.#pinned.delete(name)',
    put: '',
    job: 'outages',
  },

  // — receivers
  {
    name: 'positions of runs that have ended forgotten',
    file: 'source/receiver/block-position.ts',
    find: 'runs: Object.fromEntries(Object.entries(from.runs).filter(isNeeded)),',
    put: 'runs: {},',
    job: 'received',
  },
  {
    name: 'a position that counts one block too few',
    file: 'source/receiver/block-position.ts',
    find: '?? 0, seq + 1)',
    put: '?? 0, seq)',
    job: 'received',
  },
  {
    name: 'blocks deleted before a batch has them',
    file: 'source/receiver/receiving-here.ts',
    find: 'filter((block) => !isAfter(done, block))',
    put: 'filter(() => true)',
    job: 'received',
  },
  {
    name: 'a block that counts before it is stored',
    file: 'source/receiver/block-writer.ts',
    find: 'this.#registered.then(() => put).then(',
    put: 'this.#registered.then(() => void put.catch(() => {})).then(',
    job: 'received',
  },

  // — files
  {
    name: 'files taken twice',
    file: 'source/file-selection.ts',
    find: 'const selected = files.filter((file) => isNew(file) && !taken.has(file.path))',
    put: 'const selected = files.filter(isNew)',
    job: 'timed',
  },
  {
    name: 'a look-back that does not reach behind a break',
    file: 'source/file-selection.ts',
    find: 'Math.min(time, (state.last ?? time) + rule.intervalMs) - lookBackMs',
    put: 'time - lookBackMs',
    job: 'timed',
  },
  {
    name: 'taken files forgotten too early',
    file: 'source/file-selection.ts',
    find: 'batch.time >= Math.min(time, now) - lookBackMs',
    put: 'batch.time >= Math.min(time, now)',
    job: 'timed',
  },
  {
    name: 'seen files that their object alone remembers',
    file: 'source/seen-files.ts',
    find: 'this.#tables.some((table) => table.has(mark)) || this.#recent.has(textOfMark(mark))',
    put: 'this.#recent.has(textOfMark(mark))',
    job: 'seen',
  },
  {
    name: 'seen files lost when they move to an object',
    file: 'source/seen-files.ts',
    find: "const marks = Buffer.concat([Buffer.from(recent.join(''), 'base64url'), this.#added.bytes])",
    put: 'const marks = Buffer.from(this.#added.bytes)',
    job: 'seen',
  },
  {
    name: 'the object of seen files swept while a position needs it',
    file: 'source/seen-files.ts',
    find: '!kept.has(object) && numberOf(object, io) < next',
    put: 'numberOf(object, io) < next',
    job: 'seen',
  },
  {
    name: 'a file that counts as seen and is not taken',
    file: 'source/unseen-files.ts',
    find: 'for (const file of selected) kept.take(file)',
    put: 'for (const file of selected) kept.take(file)\n    if (selected.length > 12) selected.shift()',
    job: 'seen',
  },
  {
    name: 'files read by name that the search does not know',
    file: 'source/unseen-files.ts',
    find: 'for (const file of selected) seen.take(file)',
    put: 'for (const file of selected.slice(1)) seen.take(file)',
    job: 'named',
  },
  {
    name: 'a search where names are read as well',
    file: 'source/unseen-files.ts',
    find: 'upTo: cursor, pagesMax',
    put: 'upTo: head.after, pagesMax',
    job: 'named',
  },
  {
    name: 'a name that the cursor passes and no batch takes',
    file: 'source/file-sieve.ts',
    find: 'if (sieve.isNew(file)) found.push(file)',
    put: 'if (sieve.isNew(file) && found.length < 12) found.push(file)',
    job: 'named',
  },

  // — mapWithState
  {
    name: 'an initial state that comes with every batch',
    file: 'api/dstream/operators/map-with-state.ts',
    find: 'committed || !spec.initial',
    put: '!spec.initial',
    job: 'sessions',
  },
  {
    name: 'an initial state that is never idle',
    file: 'api/dstream/operators/map-with-state.ts',
    find: 'ownCopy(value), time)',
    put: 'ownCopy(value))',
    job: 'sessions',
  },
  {
    name: 'keys that are idle although records came',
    file: 'api/dstream/operators/map-with-state.ts',
    find: 'else if (timeoutMs !== null) state.put(id, had, timeMs)',
    put: '',
    job: 'sessions',
  },
  {
    name: 'timeouts looked at in every batch',
    file: 'api/dstream/operators/map-with-state.ts',
    find: "spec.options.timeoutCheck === 'everyBatch' ||",
    put: 'true ||',
    job: 'sessions',
  },
  {
    name: 'keys that time out again and again',
    file: 'api/dstream/operators/map-with-state.ts',
    find: 'state.get(id))\n    state.remove(id)',
    put: 'state.get(id))',
    job: 'sessions',
  },
  {
    name: 'removed keys that are still there',
    file: 'api/dstream/operators/map-with-state.ts',
    find: 'handle.isRemoved() || had === undefined',
    put: 'had === undefined',
    job: 'sessions',
  },

  // — rescaled lives
  {
    name: 'a floor that goes back',
    file: 'checkpoint/transition.ts',
    find: 'Math.max(head.gcFloor, delivery.gcFloor)',
    put: 'delivery.gcFloor',
    job: 'rescaled',
  },
  {
    name: 'panes read once for each range that names them',
    file: 'state/chains.ts',
    find: '[...new Map(panes.map((pane) => [nameOfRef(pane.ref), pane])).values()].toSorted',
    put: 'panes.toSorted',
    job: 'rescaled',
  },
  {
    name: 'a window of other partitions that keeps its old result',
    file: 'state/state-store.ts',
    find: '(spec.snapshots || rescaled)',
    put: 'spec.snapshots',
    job: 'rescaled',
  },
  {
    name: 'key groups of other partitions read as well',
    file: 'state/state-of.ts',
    find: 'group >= from && group < to',
    put: 'group >= 0',
    job: 'rescaled',
  },
  {
    name: 'kept records one batch too long',
    file: 'runtime/batch/next-manifest.ts',
    find: 'batch.time > time - ms)',
    put: 'batch.time >= time - ms)',
    job: 'rescaled',
  },

  // — decided letters
  {
    name: 'letters of a stored plan not settled',
    file: 'runtime/batch/open-plan.ts',
    find: '    settled,\n',
    put: '    settled: [],\n',
    job: 'decided',
  },
  {
    name: 'letters read again that stay open',
    file: 'runtime/planning/plan-batch.ts',
    find: 'const ids = taken.flatMap((each) => each.ids)',
    put: 'const ids: string[] = []',
    job: 'decided',
  },
  {
    name: 'letters given up that stay open',
    file: 'runtime/planning/plan-batch.ts',
    find: "idsTo(letterCommands, 'drop')",
    put: "idsTo([], 'drop')",
    job: 'decided',
  },

  // — dead letters of outputs
  {
    name: 'letters of outputs left out of the mark',
    file: 'runtime/batch/deliver.ts',
    find: 'gcFloor: held.sweeper.floor(now, manifest), letters }',
    put: 'gcFloor: held.sweeper.floor(now, manifest) }',
    job: 'acting',
  },
  {
    name: 'letters of owed outputs left out',
    file: 'runtime/batch/deliver.ts',
    find: 'settled(now, owed, letters)',
    put: 'settled(now, owed)',
    job: 'acting',
  },
  {
    name: 'letters of outputs marked with every batch',
    file: 'runtime/batch/deliver.ts',
    find: 'held.outputLetters = []',
    put: '',
    job: 'acting',
  },
  {
    name: 'letters of outputs that no manifest takes',
    file: 'runtime/batch/next-manifest.ts',
    find: '[...ofOutputs, deadLetters',
    put: '[deadLetters',
    job: 'acting',
  },
  {
    name: 'letters of outputs taken and left in the head',
    file: 'checkpoint/transition.ts',
    find: '!batch.letters?.some(',
    put: 'ref.key || !batch.letters?.some(',
    job: 'acting',
  },
  {
    name: 'letters of outputs lost to who takes the app',
    file: 'checkpoint/transition.ts',
    find: '{ plan, ...head }: Head, by',
    put: '{ plan, letters: _lost, ...head }: Head, by',
    job: 'acting',
  },
  {
    name: 'letters of outputs found at start are leftovers',
    file: 'runtime/coordinator/live-objects.ts',
    find: 'for (const { ref } of letters) live.add(ref.key)',
    put: '',
    job: 'acting',
  },
  {
    name: 'letters of two outputs under one id',
    file: 'runtime/output/run-output.ts',
    find: '${batch}-${number + 1}o',
    put: '${batch}-o',
    job: 'acting',
  },
  {
    name: 'letters of outputs that are garbage before their mark',
    file: 'output/publish-permit.ts',
    find: 'new PublishPermit(manifest, null, head.committed + 1)',
    put: 'new PublishPermit(manifest, null, head.committed)',
    job: 'acting-brief',
  },

  // — outputs
  {
    name: 'an output moved before the commit that is taken for shown',
    file: 'runtime/batch/deliver.ts',
    find: 'manifest.beforeCommit?.includes(output) !== true',
    put: "operationOf(held, output)?.order !== 'before'",
    job: 'decided',
  },
  {
    name: 'an output before the commit that overtakes what it owes',
    file: 'runtime/batch/deliver.ts',
    find: 'await settleBefore(held, manifest.batch)',
    put: '',
    job: 'decided',
  },
  {
    name: 'an owed output that was shown taken for a head that went back',
    file: 'runtime/batch/deliver.ts',
    find: 'isOrdered(held, owed.output) && wasShown(held, failed)',
    put: 'false',
    job: 'tables',
  },
  {
    name: 'an owed output that was shown with the last batch taken for that',
    file: 'runtime/batch/outages.ts',
    find: '(error.where.taken ?? Infinity) <= writer.head.committed',
    put: '(error.where.taken ?? Infinity) < writer.head.committed',
    job: 'tables',
  },
  {
    name: 'a marked batch shown again',
    file: 'checkpoint/decide-output.ts',
    find: "if (batch <= head.outDone) return { kind: 'marked' }",
    put: '',
    job: 'asked',
  },
  {
    name: 'an owed output taken for shown',
    file: 'checkpoint/decide-output.ts',
    find: "if (owed) return { kind: 'show', manifest: owed.manifest, when: 'committed' }",
    put: '',
    job: 'asked',
  },
  {
    name: 'an owed output shown from the last manifest',
    file: 'checkpoint/decide-output.ts',
    find: 'manifest: owed.manifest',
    put: 'manifest: head.manifest!',
    job: 'asked',
  },

  // — tables
  {
    name: 'a fence that is not moved',
    file: 'adapters/sql/partition.ts',
    find: 'yield* last === null ? insertFence(partition) : moveFence(partition)',
    put: 'if (last === null) yield* insertFence(partition)',
    job: 'tables',
  },
  {
    name: 'a batch that a table has taken applied again',
    file: 'output/fence.ts',
    find: "last === batch ? 'already-applied'",
    put: "last === batch ? 'apply'",
    job: 'tables',
  },
  {
    name: 'a fence that lets older batches pass',
    file: 'output/fence.ts',
    find: 'last === null || last < batch',
    put: 'last !== batch',
    job: 'outages',
  },
  {
    name: 'rows that do not fit into the first statement left out',
    file: 'adapters/sql/partition.ts',
    find: 'const chunk of writer.chunks(entries)',
    put: 'const chunk of [...writer.chunks(entries)].slice(0, 1)',
    job: 'tables',
  },

  // — topics, items, messages, files
  {
    name: 'a batch that a topic has taken sent again',
    file: 'adapters/kafka/kafka-sink.ts',
    find: "if (decision !== 'apply')",
    put: "if (decision === 'newer')",
    job: 'places',
  },
  {
    name: 'a batch that an item has taken added again',
    file: 'adapters/aws/dynamo/dynamo-sink.ts',
    find: "'attribute_not_exists(#f) OR NOT begins_with(#f, :prefix) OR #f < :f'",
    put: "'attribute_not_exists(#none) OR #f < :f'",
    job: 'places',
  },
  {
    name: 'one id for all messages of a partition',
    file: 'adapters/aws/send/send-records.ts',
    find: '`${delivery.key}/${i}`',
    put: 'delivery.key',
    job: 'places',
  },
  {
    name: 'messages that were not taken forgotten',
    file: 'adapters/aws/send/send-records.ts',
    find: 'if (!failed.has(lane.at(-1)!)) lane.pop()',
    put: 'lane.pop()',
    job: 'places',
  },
  {
    name: 'a manifest without the file of the last partition',
    file: 'adapters/file-sink/files.ts',
    find: 'Array.from({ length: partitions }',
    put: 'Array.from({ length: partitions - 1 }',
    job: 'places',
  },

  // — lives
  {
    name: 'a catch-up beyond its limit',
    file: 'runtime/coordinator/batch-loop.ts',
    find: 'Math.max(this.#next, current - catchUpMax + 1)',
    put: 'this.#next',
    job: 'breaks',
  },
  {
    name: 'missed ticks skipped without need',
    file: 'runtime/coordinator/batch-loop.ts',
    find: 'Math.max(this.#next, current - catchUpMax + 1)',
    put: 'Math.max(this.#next, current)',
    job: 'breaks',
  },
  {
    name: 'lost tasks not tried again',
    file: 'runtime/batch/run-stages.ts',
    find: 'return Math.max(attemptsMax, LOST_ATTEMPTS)',
    put: 'return attemptsMax',
    job: 'once',
  },
  {
    name: 'a lease that a commit does not renew',
    file: 'checkpoint/head-writer.ts',
    find: '!SIGNS_OF_LIFE.has(cause)',
    put: "!SIGNS_OF_LIFE.has(cause) || cause === 'commit'",
    job: 'a',
  },
  {
    name: 'an app that is not let go',
    file: 'runtime/coordinator/coordinator.ts',
    find: "await this.#held.writer.write(released, 'release')",
    put: '',
    job: 'a',
  },
  {
    name: 'the second answer of a task that is never discarded',
    file: 'runtime/batch/speculation.ts',
    find: 'if (this.#tookMs !== null) return this.#late(answer)',
    put: 'if (this.#tookMs !== null) return',
    job: 'f',
  },

  // — damage
  {
    name: 'objects inside references read unchecked',
    file: 'checkpoint/blobs.ts',
    find: 'if (bytes.length === ref.len &&',
    put: 'if (ref.inline !== undefined || bytes.length === ref.len &&',
    // Each section has a checksum as well, for those who read it alone, and keys must be of the groups of their chain.
    more: [SECTIONS_UNCHECKED, KEYS_UNCHECKED],
    job: 'f',
  },
  {
    name: 'objects read unchecked',
    file: 'checkpoint/blobs.ts',
    find: 'if (bytes.length === ref.len &&',
    put: 'if (ref.inline === undefined || bytes.length === ref.len &&',
    more: [SECTIONS_UNCHECKED, KEYS_UNCHECKED],
    job: 'f',
  },
]
