/**
 * `rows:h1h2`: h1 and h2 are sums over all rows of FNV-1a with two bases, in hex, so the order of rows does not matter.
 * A row is its fields joined by a tab, as UTF-8.
 */
export function checksum(rows: Iterable<readonly (string | number)[]>): string {
  let count = 0
  let first = 0
  let second = 0
  for (const row of rows) {
    const bytes = Buffer.from(row.join('\t'))
    count++
    first = (first + fnv1a(bytes, 2166136261)) | 0
    second = (second + fnv1a(bytes, 2538058380)) | 0
  }
  return `${count}:${hex(first)}${hex(second)}`
}

function fnv1a(bytes: Uint8Array, base: number): number {
  let hash = base
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 16777619)
  return hash
}

const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')
