/** Does each, some at a time. The first failure ends it, when what is under way has ended. */
export async function inParallel<I>(
  items: readonly I[],
  most: number,
  each: (item: I, i: number) => Promise<void>,
): Promise<void> {
  let next = 0
  let failed = false
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const i = next++
      await each(items[i]!, i).catch((error: unknown) => {
        failed = true
        throw error
      })
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: Math.min(most, items.length) }, lane))
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure) throw failure.reason
}
