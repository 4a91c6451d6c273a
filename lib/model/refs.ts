/** Names one immutable object. Every reader verifies length and checksum; nobody builds a name in order to read. */
export interface BlobRef {
  readonly key: string
  readonly len: number
  /** CRC-32 of the bytes. */
  readonly crc: number
  /** A small object travels in place (base64) and has no object behind its key. */
  readonly inline?: string
  /**
   * What it holds is kept in the memory of this process and becomes bytes when somebody reads it: until then nobody
   * knows their length and checksum, and those here are 0.
   */
  readonly unwritten?: true
}
