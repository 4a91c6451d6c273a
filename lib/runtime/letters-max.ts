/** More records than this, and more than one in a hundred: then it is the code that is at fault, not the data. */
const LETTERS_MAX = 100
const SHARE_MAX = 0.01

/** So many of these records may be set aside. */
export const lettersMax = (records: number): number => Math.max(LETTERS_MAX, Math.floor(SHARE_MAX * records))
