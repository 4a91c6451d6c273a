/** Bounds of stored state. */
export interface StateLimits {
  /** Bytes that the state of one key may take as it is stored; half of it is worth a warning. */
  readonly bytesMax: number
  /** Keys in a partition from which on its state is rewritten some key groups at a time. */
  readonly compactApiece: number
}

export const USUAL_LIMITS: StateLimits = { bytesMax: 32 * 2 ** 20, compactApiece: 16_384 }
