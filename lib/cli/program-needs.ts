import type { StreamingContext } from '../api/dstream/streaming-context.ts'
import { s3Directory, s3Location } from '../adapters/aws/s3/s3-location.ts'
import type { AwsRight } from '../model/aws-right.ts'
import { readSetting } from '../model/settings/read.ts'
import type { ProgramNeeds, S3Part } from '../hosts/serverless/needs.ts'

/** What a program asks of its stage, whose own bucket is called `bucket`. */
export function needsOfProgram({ graph, batchDuration, sparkContext }: StreamingContext, bucket: string): ProgramNeeds {
  const reachable = graph.reachable()
  const inputs = graph.inputs.filter((node) => reachable.has(node))
  const sources = inputs.map(({ source }) => source)
  const outputs = graph.outputs.map(({ output }) => output)
  return {
    intervalMs: batchDuration.milliseconds,
    byEvents: readSetting(sparkContext.conf, 'sluice.trigger') === 'events',
    reads: sources.flatMap(({ reads }) => (reads ? partsOf(reads.directories, bucket) : [])),
    writes: outputs.flatMap(({ address = '' }) => partsOf(address, bucket)),
    receivers: inputs.filter(({ source }) => source.receiver).map(({ uid }) => uid),
    rights: { sources: rightsOf(sources), outputs: rightsOf(outputs) },
  }
}

const rightsOf = (parts: readonly { readonly awsRights?: readonly AwsRight[] }[]): AwsRight[] =>
  parts.flatMap(({ awsRights = [] }) => awsRights)

/** The part of a bucket that a directory is, up to what stands for many names; none for what is elsewhere. */
function partsOf(directory: string, own: string): S3Part[] {
  if (!/^s3a?:/.test(directory)) return []
  const { bucket, key: prefix } = MANY.test(directory) ? s3Location(directory.split(MANY)[0]) : s3Directory(directory)
  return [{ bucket: bucket === own ? null : bucket, prefix }]
}

/** Patterns of directories, and the time in the name of one. */
const MANY = /[*?[{<]/
