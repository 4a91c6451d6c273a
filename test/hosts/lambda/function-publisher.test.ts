import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchProgress } from '../../../lib/hosts/lambda/batch-progress.ts'
import { FunctionPublisher } from '../../../lib/hosts/lambda/function-publisher.ts'
import { ListenerBus } from '../../../lib/observe/streaming-listener.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import type { PublishPermit } from '../../../lib/output/publish-permit.ts'
import { localFunctions } from '../../adapters/aws/local-functions.ts'

const shown = { output: 'counts', began: 1, ended: 2 }
const foreign = { batch: 1, open: { counts: ['1-1'] }, ref: { key: 'other/i1/dlq/1/x', len: 1, crc: 1 } }

const forged: readonly (readonly [sentence: string, answer: unknown])[] = [
  ['nothing', null],
  ['a text', 'shown'],
  ['no list', { shown: 'counts' }],
  ['an output without a name', { shown: [{ ...shown, output: 1 }] }],
  ['an error that is none', { shown: [{ ...shown, error: { code: 'E_X' } }] }],
  ['letters of another app', { shown: [{ ...shown, letters: foreign }] }],
]

for (const [sentence, answer] of forged) {
  test(`B47: an output function that answers with ${sentence} has not shown anything`, async (t) => {
    const functions = await localFunctions(t, { output: async () => answer })
    const head = { app: 'mine', inc: 'i1' }
    const signal = new AbortController().signal
    const publisher = new FunctionPublisher(functions, 'output', head, signal, new BatchProgress(new ListenerBus()))
    const heard: unknown[] = []
    const failures = await publisher.publish({ manifest: { batch: 1, time: 0 } } as PublishPermit, ['counts'], {
      started: () => {},
      completed: (_output, error) => heard.push(error),
      setAside: () => heard.push('letters'),
    })
    assert.deepEqual(
      failures.map(({ output, error }) => [output, hasCode(error, 'E_FUNCTION_UNANSWERED')]),
      [['counts', true]],
    )
    assert.equal(heard.length, 1)
  })
}

test('what tasks added goes with each call until one is answered, and with none after it', async (t) => {
  const sent: unknown[] = []
  const answers = [null, { shown: [shown] }, { shown: [shown] }]
  const functions = await localFunctions(t, {
    output: async ({ additions }) => {
      sent.push(additions)
      return answers.shift()
    },
  })
  const signal = new AbortController().signal
  const progress = new BatchProgress(new ListenerBus())
  const publisher = new FunctionPublisher(functions, 'output', { app: 'mine', inc: 'i1' }, signal, progress)
  const hooks = { started: () => {}, completed: () => {} }
  publisher.count(1, [{ accumulators: { lines: 2 } }, { accumulators: {} }])
  for (let call = 0; call < 3; call++)
    await publisher.publish({ manifest: { batch: 1, time: 0 } } as PublishPermit, ['counts'], hooks)
  const added = [{ batch: 1, accumulators: [{ lines: 2 }] }]
  assert.deepEqual(sent, [added, added, undefined])
})
