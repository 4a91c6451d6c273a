import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** What the table holds of an app. */
type ItemName = 'head'

/** The attributes of a key; all other parts of an item are its own. */
export const ITEM_KEY = { app: 'pk', item: 'sk' } as const

/** Where an item of an app lies: items of one app lie together, under the app's name as it is. */
export const itemKey = (app: string, item: ItemName): Record<string, AttributeValue> => ({
  [ITEM_KEY.app]: { S: app },
  [ITEM_KEY.item]: { S: item },
})
