/** What the references of a template to the account stand for. */
export interface Owner {
  readonly partition: string
  readonly region: string
  readonly account: string
}

/** The part of the cloud that a region is in has a name of its own. */
export function ownerOf(region: string, account: string): Owner {
  if (region.startsWith('cn-')) return { partition: 'aws-cn', region, account }
  return { partition: region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws', region, account }
}

/** What statements come to. */
interface Rights {
  /** One action on one resource, under its condition, as a text: two that are equal grant the same. */
  readonly known: ReadonlySet<string>
  /** Actions on resources whose names only CloudFormation knows. */
  readonly unknown: ReadonlySet<string>
}

interface Statement {
  readonly Effect?: string
  readonly Action?: string | readonly string[]
  readonly NotAction?: unknown
  readonly Resource?: unknown
  readonly Condition?: unknown
}

/** What IAM statements grant, one by one, so that those of a template can be held against those of a role. Pure. */
export function rightsOf(statements: readonly unknown[], owner: Owner): Rights {
  const [known, unknown] = [new Set<string>(), new Set<string>()]
  for (const statement of statements as readonly Statement[])
    for (const action of actionsOf(statement))
      for (const resource of listOf(statement.Resource)) {
        const name = nameOf(resource, owner)
        if (name === null) unknown.add(action)
        else known.add(`${action} on ${name}${conditionOf(statement, owner)}`)
      }
  return { known, unknown }
}

/** What is allowed; other statements stand for themselves, so that they are not taken for nothing. */
function actionsOf({ Effect = 'Allow', Action, NotAction }: Statement): string[] {
  const allowed = NotAction === undefined ? listOf(Action).map(String) : [`all but ${JSON.stringify(NotAction)}`]
  return Effect === 'Allow' ? allowed : allowed.map((action) => `${Effect} ${action}`)
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

const conditionOf = ({ Condition }: Statement, owner: Owner): string =>
  Condition === undefined ? '' : ` if ${JSON.stringify(inOrder(Condition, owner))}`

/** `null`: a reference to something else than the account. */
function nameOf(resource: unknown, { partition, region, account }: Owner): string | null {
  if (typeof resource === 'string') return resource
  const text = (resource as { readonly 'Fn::Sub'?: unknown } | null)?.['Fn::Sub']
  if (typeof text !== 'string') return null
  const name = text
    .replaceAll('${AWS::Partition}', partition)
    .replaceAll('${AWS::Region}', region)
    .replaceAll('${AWS::AccountId}', account)
  const rest = name.replaceAll('${!', '')
  return rest.includes('${') ? null : name.replaceAll('${!', '${')
}

/** Services give the names of an object back in an order of their own, and what references stand for. */
function inOrder(value: unknown, owner: Owner): unknown {
  if (Array.isArray(value)) return value.map((each) => inOrder(each, owner))
  if (typeof value !== 'object' || value === null) return value
  const name = nameOf(value, owner)
  if (name !== null) return name
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, inOrder(each, owner)]))
}
