import {
  asSaid,
  type FunctionBlock,
  functionBlocks,
  receiverBlocks,
  receiverFunction,
  roleName,
  wakingOf,
} from './functions.ts'
import { given } from '../../model/given.ts'
import { RUNTIME } from './check-service.ts'
import type { ProgramNeeds } from './needs.ts'
import type { ProviderBlock } from './provider-block.ts'
import { FUNCTION_NAMES, type ServerlessOptions, type StageFunction } from './options.ts'
import { role, statementsOf } from './policies.ts'
import { resources } from './resources.ts'
import { functionArn, functionName, type Stage } from './stage.ts'

/** Whom the coordinator calls. */
const CALLED = ['task', 'output'] as const

/**
 * The same stage as a `serverless.yml` without this plugin: nothing at run time knows of it. Functions are called as
 * they are now: that a batch runs on one version from start to end is the plugin's doing. Pure.
 */
export function plainConfig(
  stage: Stage,
  options: ServerlessOptions,
  needs: ProgramNeeds,
  provider: Said & { readonly region: string },
): Readonly<Record<string, unknown>> {
  const blocks = eachAsSaid(functionBlocks(stage, options), provider)
  const names = [...FUNCTION_NAMES, ...needs.receivers.map(receiverFunction)]
  const roles = names.map((name) => [roleName(name), role(statements(stage, options, needs, name), options)])
  return {
    service: stage.service,
    provider: { name: 'aws', ...provider, stage: stage.stage },
    package: { individually: true },
    functions: {
      ...blocks,
      coordinator: calling(stage, blocks.coordinator, needs),
      ...eachAsSaid(receiverBlocks(stage, options, needs), provider),
    },
    resources: { Resources: { ...(Object.fromEntries(roles) as object), ...resources(stage, options, needs) } },
  }
}

interface Said {
  readonly runtime: unknown
  readonly architecture?: string
}

const eachAsSaid = <T extends Readonly<Record<string, FunctionBlock>>>(blocks: T, said: Said): T =>
  Object.fromEntries(Object.entries(blocks).map(([name, block]) => [name, asSaid(block, said)])) as T

/**
 * What `provider` says of all functions, to be printed: a variable whose value is not in the file, which is `written`,
 * came from elsewhere and may be a secret, so where it is to come from is printed.
 */
export function saidOfAll(provider: ProviderBlock, written: string): Said {
  const said = Object.fromEntries(PRINTED.map((option) => [option, provider[option]]))
  const variables = Object.entries(provider.environment ?? {}).map(([name, value]) => {
    const isElsewhere = typeof value === 'string' && !written.includes(value)
    return [name, isElsewhere ? `\${env:${name}}` : value]
  })
  return { runtime: RUNTIME, ...given({ ...said, environment: variables.length > 0 && Object.fromEntries(variables) }) }
}

const PRINTED = [
  'runtime',
  'architecture',
  'layers',
  'tags',
  'stackTags',
  'tracing',
  'kmsKeyArn',
  'vpc',
  'iam',
] as const

function calling(stage: Stage, block: FunctionBlock, needs: ProgramNeeds): FunctionBlock {
  const waking = wakingOf(needs)
  const called = CALLED.map((name) => [`SLUICE_${name.toUpperCase()}_FUNCTION`, functionName(stage, name)])
  const environment = { ...block.environment, ...waking.environment, ...(Object.fromEntries(called) as object) }
  return { ...block, ...waking.block, environment }
}

function statements(
  stage: Stage,
  options: ServerlessOptions,
  needs: ProgramNeeds,
  name: StageFunction,
): readonly unknown[] {
  const usual = statementsOf(stage, name, needs, options)
  if (name !== 'coordinator') return usual
  const Resource = CALLED.map((each) => functionArn(stage, each))
  return [...usual, { Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource }]
}
