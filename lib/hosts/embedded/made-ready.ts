import { processClients } from '../../adapters/aws/clients.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { StreamNode } from '../../graph/stream-node.ts'
import { hasCode, located, SluiceError } from '../../model/errors.ts'
import { outputLocation } from '../../codec/location.ts'
import type { OutputOperation } from '../../graph/output-operation.ts'

/**
 * Loads the packages that sources and outputs of the program need, before anything runs: a missing one is found at the
 * start, not with the first record. Throws `E_SINK_PEER` and `E_AWS_PACKAGE`.
 */
export async function madeReady(graph: StreamGraph): Promise<void> {
  for (const node of graph.reachable()) {
    try {
      await nodeReady(node)
    } catch (error) {
      throw located(error, { operator: node.name ?? node.uid, place: node.place })
    }
  }
}

/**
 * The packages that functions would lack: those of the program, and those of the clients that `also` makes. What else
 * keeps a client from being made is for the place where it runs.
 */
export async function missingPackages(
  graph: StreamGraph,
  also: readonly (() => Promise<unknown>)[],
): Promise<readonly string[]> {
  const missing = new Set<string>()
  for (const load of [...also, ...Array.from(graph.reachable(), (node) => () => nodeReady(node))])
    await load().catch((error: unknown) => {
      if (!(error instanceof SluiceError) || !PACKAGE_CODES.some((code) => hasCode(error, code))) return
      for (const each of error.next) missing.add(each.replace('npm install ', ''))
    })
  return [...missing].toSorted()
}

const PACKAGE_CODES = ['E_AWS_PACKAGE', 'E_SINK_PEER'] as const

async function nodeReady(node: StreamNode): Promise<void> {
  if (node.kind === 'source') await node.source.ready?.()
  if (node.kind === 'output') await outputReady(node.output)
}

async function outputReady({ ready, folders = [] }: OutputOperation): Promise<void> {
  await ready?.()
  if (folders.some((folder) => outputLocation(folder).kind === 's3')) await processClients().s3()
}
