import { SluiceError } from '../../model/errors.ts'
import { type Stage, stackName } from './stage.ts'

export const protectedStage = (stage: Stage): SluiceError =>
  new SluiceError('E_PROTECTED', `The stage ${stage.stage} is protected.`, {
    did: 'nothing was removed',
    next: [
      `npx sluice down --stage ${stage.stage}   stops what costs, and keeps state`,
      `npx sluice down --stage ${stage.stage} --delete ${stackName(stage)}   deletes everything`,
    ],
  })

export const retained = (stage: Stage, left: readonly string[]): SluiceError =>
  new SluiceError(
    'E_RETAINED',
    `The stage ${stackName(stage)} is not deployed, but there is still ${left.join(' and ')}.`,
    {
      did: 'nothing was deployed, and nothing was begun anew beside it',
      next: [
        `to go on with it, import it into a stack called ${stackName(stage)}: docs/deploying.md, "Removing"`,
        `to begin anew: npx sluice down --stage ${stage.stage} --delete ${stackName(stage)}`,
      ],
    },
  )

export function notDeployed(stage: Stage, left: readonly string[]): SluiceError {
  const name = stackName(stage)
  const still = left.length > 0 ? `, and there is still ${left.join(' and ')}` : ''
  return new SluiceError('E_NOT_DEPLOYED', `The stage ${name} is not deployed here${still}.`, {
    did: 'nothing was changed',
    next:
      left.length > 0
        ? [`npx sluice down --stage ${stage.stage} --delete ${name}   deletes what is left`]
        : [`npx osls deploy --stage ${stage.stage}`, 'name another --stage, or another AWS_REGION or AWS_PROFILE'],
  })
}

export const otherName = (stage: Stage, given: string): SluiceError =>
  new SluiceError('E_PROTECTED', `The stage is ${stackName(stage)}, and not ${JSON.stringify(given)}.`, {
    did: 'nothing was removed',
    next: [`npx sluice down --stage ${stage.stage} --delete ${stackName(stage)}   deletes everything`],
  })
