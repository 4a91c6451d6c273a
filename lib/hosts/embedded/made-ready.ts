import { processClients } from '../../adapters/aws/clients.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import { located } from '../../model/errors.ts'
import { outputLocation } from '../../codec/location.ts'
import type { OutputOperation } from '../../graph/output-operation.ts'

/**
 * Loads the packages that sources and outputs of the program need, before anything runs: a missing one is found at the
 * start, not with the first record. Throws `E_SINK_PEER` and `E_AWS_PACKAGE`.
 */
export async function madeReady(graph: StreamGraph): Promise<void> {
  for (const node of graph.reachable()) {
    try {
      if (node.kind === 'source') await node.source.ready?.()
      if (node.kind === 'output') await outputReady(node.output)
    } catch (error) {
      throw located(error, { operator: node.name ?? node.uid, place: node.place })
    }
  }
}

async function outputReady({ ready, folders = [] }: OutputOperation): Promise<void> {
  await ready?.()
  if (folders.some((folder) => outputLocation(folder).kind === 's3')) await processClients().s3()
}
