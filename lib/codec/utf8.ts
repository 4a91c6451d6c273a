import { isUtf8 } from 'node:buffer'

/** Where the first byte is that UTF-8 has no place for; the length where there is none. */
export function firstInvalid(bytes: Uint8Array): number {
  let at = 0
  while (at < bytes.length) {
    const size = sizeByLead(bytes[at])
    if (!isUtf8(bytes.subarray(at, at + size))) return at
    at += size
  }
  return at
}

const sizeByLead = (lead: number): number => (lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)

/** Whether they are the mark that files of UTF-16 begin with. */
export const isUtf16Mark = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
