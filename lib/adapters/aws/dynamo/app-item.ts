import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Versioned } from '../../../host/head-store.ts'
import { packedValue, unpackedValue } from './packed-value.ts'

/** The attributes of an item. */
export type Attributes = Record<string, AttributeValue>

/**
 * What the table holds of an app: its head, and what people have left word of. Of a receiver, under a name of its own:
 * who runs it.
 */
export type ItemName = 'head' | 'ctrl' | 'lease'

/** The attributes of a key; all other parts of an item are its own. */
export const ITEM_KEY = { app: 'pk', item: 'sk' } as const

/** Where an item of an app lies: items of one app lie together, under the app's name as it is. */
export const itemKey = (app: string, item: ItemName): Attributes => ({
  [ITEM_KEY.app]: { S: app },
  [ITEM_KEY.item]: { S: item },
})

/** How the value of a register stands in an item, besides `rev` and `cause`. */
interface ItemCodec {
  encode(value: unknown, app: string): Attributes
  decode(item: Attributes): unknown
}

const asJson: ItemCodec = {
  encode: (value) => ({ value: { S: JSON.stringify(value) } }),
  decode: ({ value }) => JSON.parse(value?.S ?? 'null') as unknown,
}

/** It lies beside the head: what somebody has broken by hand must not keep that from being read. */
const asJsonIfItIs: ItemCodec = {
  ...asJson,
  decode(item) {
    try {
      return asJson.decode(item)
    } catch {
      return null
    }
  },
}

/** The head is written with every batch, and a write costs by the kilobyte. */
const asPacked: ItemCodec = {
  encode: (value, app) => ({ value: { B: packedValue(value, app) } }),
  decode({ value, [ITEM_KEY.app]: app }) {
    if (value?.B === undefined || app?.S === undefined) return null
    return unpackedValue(value.B, app.S)
  },
}

const codecs: Readonly<Record<ItemName, ItemCodec>> = {
  head: asPacked,
  ctrl: asJsonIfItIs,
  lease: asJsonIfItIs,
}

/** A whole item, key and all. */
export const encodeItem = (app: string, item: ItemName, { rev, value, cause }: RegisterWrite): Attributes => ({
  ...itemKey(app, item),
  rev: { N: String(rev) },
  cause: { S: cause },
  ...codecs[item].encode(value, app),
})

interface RegisterWrite extends Versioned<unknown> {
  readonly cause: string
}

/** An item without what a register holds, which somebody else has put there, has the value `null`. */
export const decodeItem = (item: ItemName, found: Attributes): Versioned<unknown> => ({
  rev: Number(found['rev']?.N ?? 0),
  value: codecs[item].decode(found),
})
