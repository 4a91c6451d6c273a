import { readdirSync, readFileSync } from 'node:fs'

/** Processes that run a function; `own` is a variable that only functions of one test have, so all may be killed. */
export const processesOf = (functionName: string, own: string): number[] =>
  readdirSync('/proc')
    .filter((name) => Number.isInteger(Number(name)))
    .filter((pid) => {
      const told = environmentOf(pid)
      return told.includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}`) && told.includes(own)
    })
    .map(Number)

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    // Gone meanwhile, or somebody else's.
    return []
  }
}
