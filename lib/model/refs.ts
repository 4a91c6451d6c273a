/** Names immutable bytes. Every reader verifies length and checksum; nobody builds a name in order to read. */
export interface BlobRef {
  readonly key: string
  readonly len: number
  /** CRC-32 of the bytes. */
  readonly crc: number
  /** Where the bytes begin in an object that holds those of several references; left out where they are all of it. */
  readonly at?: number
  /** What is small travels in place (base64) and has no object behind its key. */
  readonly inline?: string
  /**
   * What it holds is kept in the memory of this process and becomes bytes when somebody reads it: until then nobody
   * knows their length and checksum, and those here are 0.
   */
  readonly unwritten?: true
}

/** What tells the bytes of one reference from those of all others, also of the same object. */
export const nameOfRef = ({ key, at }: BlobRef): string => (at === undefined ? key : `${key}@${at}`)
