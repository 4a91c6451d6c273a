/**
 * CPU time of this process with all its threads: workers, garbage collection, compilation. Subprocesses would not be in
 * it; variants start none.
 */
export function cpuSeconds(): number {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  return (userCPUTime + systemCPUTime) / 1e6
}

/** The most memory this process ever had resident, set-up included. */
export const peakRssMb = (): number => process.resourceUsage().maxRSS / 1024
