import { given } from '../../model/given.ts'
import { getBlob } from '../../checkpoint/blobs.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import { putOutputLetters } from '../../checkpoint/letter-blocks.ts'
import type { Host } from '../../host/host.ts'
import type { DeadLetterFacts, DeadLetters } from '../../model/dead-letter.ts'
import type { OperatorUid } from '../../model/ids.ts'
import { readSetting } from '../../model/settings/read.ts'
import type { OutputFailure, OutputPublisher } from '../../output/output-publisher.ts'
import type { PublishPermit } from '../../output/publish-permit.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import { insideOutput } from '../../graph/inside-output.ts'
import type { OutputBatch, OutputEnvironment } from '../../graph/output-operation.ts'
import type { SetAsideRecord } from '../../lineage/tolerant-runner.ts'
import { lettersMax } from '../../checkpoint/dead-letters.ts'
import { answerOf } from '../../model/settled.ts'
import { serialiseError } from '../serialised-error.ts'
import type { StagedRecords } from '../task/program.ts'

/** Shows outputs in this process, where what was `staged` by its tasks need not be read again. */
export function publishHere(
  graph: StreamGraph,
  { blobs, random }: Pick<Host<unknown>, 'blobs' | 'random'>,
  environment: OutputEnvironment,
  staged: StagedRecords | null = null,
): OutputPublisher {
  const keeps = readSetting(environment.driver.conf, 'sluice.onError') === 'dead-letter'
  /** Gives what it was shown without. */
  const show = async ({ manifest, namedFrom }: PublishPermit, output: OperatorUid): Promise<DeadLetters | null> => {
    const { batch, time, outputs, cuts } = manifest
    const number = graph.outputs.findIndex(({ uid }) => uid === output)
    const parts = outputs[output]!
    let left: readonly SetAsideRecord[] = []
    const setAside: OutputBatch['setAside'] = {
      max: lettersMax(parts.reduce((sum, { records }) => sum + records, 0)),
      keep: (records) => void (left = records),
    }
    await insideOutput(() =>
      graph.outputs[number]!.output.publish({
        batch,
        timeMs: time,
        output,
        parts,
        cuts,
        read: (ref) => getBlob(blobs, ref),
        staged: (ref) => staged?.of(ref) ?? null,
        ...given({ setAside: keeps && setAside }),
        environment,
      }),
    )
    if (left.length === 0) return null
    const letters = left.map((each, i) => letterOf(`${batch}-${number + 1}o${i + 1}`, output, each))
    const key = new ObjectKeys(environment.app, environment.inc).deadLetters(namedFrom, random.newId())
    return putOutputLetters(blobs, key, batch, letters)
  }
  return {
    count(_batch, answers) {
      for (const { accumulators } of answers)
        environment.driver.accumulators.merge(
          Object.entries(accumulators).map(([accumulator, snapshot]) => ({ accumulator, snapshot })),
        )
    },
    async publish(permit, outputs, hooks) {
      const failed: OutputFailure[] = []
      for (const output of outputs) {
        hooks.started(output)
        try {
          const letters = await answerOf(`the output "${output}"`, show(permit, output))
          if (letters) hooks.setAside?.(output, letters)
          hooks.completed(output, null)
        } catch (error) {
          failed.push({ output, error })
          hooks.completed(output, error)
        }
      }
      return failed
    },
  }
}

function letterOf(
  id: string,
  output: OperatorUid,
  { partition, index, record, error }: SetAsideRecord,
): DeadLetterFacts & { readonly record: unknown } {
  const { code, message, where } = serialiseError(error)
  const place = typeof where.place === 'string' ? where.place : null
  return { id, source: output, split: `part ${partition}`, index, code, message, place, ofOutput: true, record }
}
