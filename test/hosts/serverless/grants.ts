import type { RecordedCall } from '../../../infra/meter.ts'

/** A statement of an IAM policy, as templates hold them. */
export interface Statement {
  readonly Action: readonly string[]
  readonly Resource: unknown
  readonly Condition?: { readonly StringLike: { readonly 's3:prefix': readonly string[] } }
}

/** One action on one resource, as a policy grants it. */
export interface Grant {
  readonly action: string
  /** Last part of the ARN, `*` at its end for anything behind. */
  readonly resource: string
  readonly prefixes: readonly string[] | null
}

export const grantsOf = (statements: readonly Statement[], account: string): Grant[] =>
  statements.flatMap(({ Action, Resource, Condition }) =>
    [Resource].flat().flatMap((resource) =>
      Action.map((action) => ({
        action,
        resource: resourceOf(resource as ArnText, account),
        prefixes: Condition?.StringLike['s3:prefix'] ?? null,
      })),
    ),
  )

type ArnText = string | { readonly 'Fn::Sub': string }

function resourceOf(arn: ArnText, account: string): string {
  // Region and account stand in references, which hold colons as well.
  const plain = (typeof arn === 'string' ? arn : arn['Fn::Sub']).replaceAll(/\$\{AWS::\w+\}/g, account)
  return plain.split(':').slice(5).join(':')
}

const isGranted = ({ action, resource, prefixes }: Grant, call: RecordedCall): boolean =>
  action === call.action &&
  matches(resource, call.resource) &&
  (prefixes === null || prefixes.some((prefix) => matches(prefix, call.prefix ?? '')))

const matches = (pattern: string, text: string): boolean =>
  pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text

/** What nothing records: the platform uses it in the name of the function. */
const OF_PLATFORM = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'sqs:SendMessage',
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
]

/** What a function did that it may not, and what it may and never did. */
export function judged(
  grants: readonly Grant[],
  calls: readonly RecordedCall[],
): { readonly forbidden: string[]; readonly unused: string[] } {
  const forbidden = calls
    .filter((call) => !grants.some((grant) => isGranted(grant, call)))
    .map(({ action, resource, prefix }) => `${action} ${resource} ${prefix ?? ''}`)
  const unused = grants
    .filter((grant) => !OF_PLATFORM.includes(grant.action) && !calls.some((call) => isGranted(grant, call)))
    .map(({ action, resource }) => `${action} ${resource}`)
  return { forbidden: [...new Set(forbidden)], unused: [...new Set(unused)] }
}
