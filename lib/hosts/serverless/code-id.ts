import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AwsClients } from '../../adapters/aws/clients.ts'
import { isCalled } from '../../adapters/aws/service-error.ts'
import { BUILD_FOLDER, bundleNames, partsFolder } from './bundle.ts'

/** Which code it is: a short hash of the functions as they were bundled below the folder of `serverless.yml`. */
export async function codeId(serviceFolder: string, hasReceivers: boolean): Promise<string> {
  const folder = join(serviceFolder, BUILD_FOLDER)
  const hash = createHash('sha256')
  for (const name of bundleNames(hasReceivers)) {
    hash.update(await readFile(join(folder, `${name}.mjs`)))
    const parts = join(folder, partsFolder(name))
    // A function that loads nothing later has no parts.
    const files = await readdir(parts).catch((): string[] => [])
    for (const file of files.filter((each) => each.endsWith('.mjs')).toSorted())
      hash.update(await readFile(join(parts, file)))
  }
  return hash.digest('hex').slice(0, 6)
}

/** How the coordinator function says which code it was deployed with: where whoever looks at functions sees it. */
export const describeCode = (id: string): string => `code ${id}`

/** Which code a stage runs; `null` where it is not deployed, or its coordinator does not say. */
export async function deployedCode(clients: AwsClients, coordinator: string): Promise<string | null> {
  const { client, sdk } = await clients.lambda()
  try {
    const asked = new sdk.GetFunctionConfigurationCommand({ FunctionName: coordinator })
    const { Description = '' } = await client.send(asked)
    return /^code ([0-9a-f]{6})$/.exec(Description)?.[1] ?? null
  } catch (error) {
    if (isCalled(error, 'ResourceNotFoundException')) return null
    throw error
  }
}
