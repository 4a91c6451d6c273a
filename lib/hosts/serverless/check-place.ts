import { SluiceError } from '../../model/errors.ts'
import {
  anything,
  both,
  count,
  fields,
  inWords,
  is,
  list,
  maybe,
  named,
  nullOr,
  type Shape,
  text,
  truth,
  isJson,
  json,
} from '../../model/shape.ts'
import type { LookedStage } from './deployed.ts'
import type { StagePlace } from './place.ts'

const megabytes = is((value) => Number.isSafeInteger(value) && Number(value) > 0, 'is not a number of megabytes')

const placeShape: Shape = fields({
  service: text,
  stage: text,
  region: text,
  keeps: truth,
  table: text,
  bucket: nullOr(text),
  coordinator: text,
  app: text,
  slots: count,
  code: nullOr(text),
  alarms: truth,
  memorySize: fields({ coordinator: megabytes, task: megabytes, output: megabytes, receiver: megabytes }),
  timeout: fields({ coordinator: count, task: count, output: count }),
  environment: named(text),
})

/** What was looked up, or why it could not be. */
const looked = (found: Shape): Shape => fields({ found: maybe(found), why: maybe(text) })

const lookedStageShape: Shape = both(
  placeShape,
  fields({
    owner: fields({ partition: text, region: text, account: text }),
    functions: list(
      fields({
        wanted: fields({ statements: list(anything), logDays: count, platformLevel: text }),
        deployed: fields({
          name: text,
          statements: looked(nullOr(list(anything))),
          logDays: looked(nullOr(count)),
          platformLevel: looked(nullOr(text)),
        }),
      }),
    ),
  }),
)

/**
 * What the plugin says a stage is, as text: a file may be of an older build, and a project may have another version of
 * the plugin. Throws `E_USAGE`; `from` is the file or the command.
 */
export const checkedPlace = (answer: string, from: string): StagePlace =>
  checked(answer, placeShape, from) as StagePlace

/** The same with how its functions are deployed. */
export const checkedLooks = (answer: string, from: string): LookedStage =>
  checked(answer, lookedStageShape, from) as LookedStage

function checked(answer: string, shape: Shape, from: string): unknown {
  const value = json(Buffer.from(answer))
  const wrong = isJson(value) ?? shape(value)
  if (wrong === null) return value
  throw new SluiceError('E_USAGE', `${from} does not say what a stage is: ${inWords(wrong)}.`, {
    did: 'nothing was looked at',
    next: ['have this version of the plugin say it: run it where serverless.yml is, without --at'],
  })
}
