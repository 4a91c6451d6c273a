import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Versioned } from '../../../host/head-store.ts'

type Attributes = Record<string, AttributeValue>

/*
 * How a register stands in an item: `rev`, `value` as JSON, and `cause`. Nothing else knows.
 */

export const encodeHeadItem = (rev: number, value: unknown, cause: string): Attributes => ({
  rev: { N: String(rev) },
  value: { S: JSON.stringify(value) },
  cause: { S: cause },
})

export const decodeHeadItem = <Value>({ rev, value }: Attributes): Versioned<Value> => ({
  rev: Number(rev.N),
  value: JSON.parse(value.S!) as Value,
})
