/** `SLCB` */
export const MAGIC = 0x42434c53
export const VERSION = 1
export const HEADER_BYTES = 8
/** Of a section, in the index. */
export const ENTRY_BYTES = 20
/** Behind the index. */
export const TAIL_BYTES = 20
