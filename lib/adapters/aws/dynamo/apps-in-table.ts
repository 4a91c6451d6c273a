import type { AwsClients } from '../clients.ts'
import { ITEM_KEY } from './app-item.ts'

/** The names of the apps that have a head in a table; `null` if there is no such table. */
export async function appsInTable(clients: AwsClients, table: string): Promise<readonly string[] | null> {
  const { client, sdk } = await clients.dynamoReads()
  const names: string[] = []
  let from: object | undefined
  try {
    do {
      const page = await client.send(
        new sdk.ScanCommand({
          TableName: table,
          ProjectionExpression: ITEM_KEY.app,
          FilterExpression: `${ITEM_KEY.item} = :head`,
          ExpressionAttributeValues: { ':head': { S: 'head' } },
          ConsistentRead: true,
          ...(from ? { ExclusiveStartKey: from as never } : {}),
        }),
      )
      for (const { [ITEM_KEY.app]: app } of page.Items ?? []) names.push(app!.S!)
      from = page.LastEvaluatedKey
    } while (from)
  } catch (error) {
    if (error instanceof sdk.ResourceNotFoundException) return null
    throw error
  }
  return names.toSorted()
}
