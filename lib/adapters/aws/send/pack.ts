/** Most that one request may hold, by count and by bytes. */
export interface RequestLimits {
  readonly count: number
  readonly bytes: number
}

/** Items in their order as requests within the limits. An item above the limit of bytes goes alone. */
export function packed<I extends { readonly bytes: number }>(items: readonly I[], limits: RequestLimits): I[][] {
  const requests: I[][] = []
  let room = 0
  for (const item of items) {
    const last = requests.at(-1)
    if (last && last.length < limits.count && item.bytes <= room) last.push(item)
    else {
      requests.push([item])
      room = limits.bytes
    }
    room -= item.bytes
  }
  return requests
}
