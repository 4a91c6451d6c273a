import {
  type KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'

export const shardsOf = async (client: KinesisClient, stream: string): Promise<Shard[]> =>
  (await client.send(new ListShardsCommand({ StreamName: stream }))).Shards!

/** Splits the widest open shard in the middle. */
export async function splitShard(client: KinesisClient, stream: string): Promise<void> {
  const [widest] = (await openShards(client, stream)).sort((a, b) => Number(widthOf(b) - widthOf(a)))
  const from = BigInt(widest.HashKeyRange!.StartingHashKey!)
  await client.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: widest.ShardId,
      NewStartingHashKey: String(from + widthOf(widest) / 2n),
    }),
  )
}

/** Merges the first two open shards that lie side by side. */
export async function mergeShards(client: KinesisClient, stream: string): Promise<void> {
  const [first, second] = (await openShards(client, stream)).sort((a, b) =>
    Number(BigInt(a.HashKeyRange!.StartingHashKey!) - BigInt(b.HashKeyRange!.StartingHashKey!)),
  )
  await client.send(
    new MergeShardsCommand({
      StreamName: stream,
      ShardToMerge: first.ShardId,
      AdjacentShardToMerge: second.ShardId,
    }),
  )
}

const widthOf = ({ HashKeyRange: range }: Shard): bigint =>
  BigInt(range!.EndingHashKey!) - BigInt(range!.StartingHashKey!)

/** Shards that are nobody's parent. */
async function openShards(client: KinesisClient, stream: string): Promise<Shard[]> {
  const shards = await shardsOf(client, stream)
  const parents = new Set(shards.flatMap((each) => [each.ParentShardId, each.AdjacentParentShardId]))
  return shards.filter(({ ShardId }) => !parents.has(ShardId))
}
