import { bytesOf, unsendable } from './text-message.ts'

interface Attribute {
  readonly DataType: 'String'
  readonly StringValue: string
}

/** What consumers know a repeated message by. */
const ID_ATTRIBUTE = 'sluice-id'

/** Attributes of a message of SQS or SNS. Throws `E_SINK_VALUE` for what these would refuse. */
export function attributesOf(
  given: Readonly<Record<string, string>>,
  id: string,
  path: string,
): Readonly<Record<string, Attribute>> {
  const entries = Object.entries(given)
  if (entries.length > 9) throw unsendable(path, `has ${entries.length} attributes, and the most is 9`)
  for (const [name, value] of entries) {
    const isName = /^(?!aws\.|amazon\.)[A-Za-z0-9_-]([A-Za-z0-9_.-]{0,254}[A-Za-z0-9_-])?$/i.test(name)
    if (!isName || name === ID_ATTRIBUTE) throw unsendable(path, `has an attribute that cannot be named ${name}`)
    if (typeof value !== 'string' || value === '') throw unsendable(path, `has no text in the attribute ${name}`)
  }
  return Object.fromEntries(
    [...entries, [ID_ATTRIBUTE, id]].map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  )
}

export const attributeBytes = (attributes: Readonly<Record<string, Attribute>>): number =>
  Object.entries(attributes).reduce(
    (sum, [name, { DataType: type, StringValue: value }]) => sum + bytesOf(name) + bytesOf(type) + bytesOf(value),
    0,
  )
