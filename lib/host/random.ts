/** Randomness as the engine sees it, so that a simulation can replay it from a seed. */
export interface Random {
  /** 128 fresh random bits as 32 hex digits: the identity of one executing process or attempt. */
  newId(): string
  /** Uniform in [0, 1). */
  next(): number
}
