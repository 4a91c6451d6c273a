import type { AwsClients } from '../clients.ts'

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
          ProjectionExpression: 'app',
          ConsistentRead: true,
          ...(from ? { ExclusiveStartKey: from as never } : {}),
        }),
      )
      for (const { app } of page.Items ?? []) names.push(app.S!)
      from = page.LastEvaluatedKey
    } while (from)
  } catch (error) {
    if (error instanceof sdk.ResourceNotFoundException) return null
    throw error
  }
  return names.toSorted()
}
