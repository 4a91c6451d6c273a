import type { Case } from '../cases.ts'

export async function runKilled(_each: Case): Promise<string | null> {
  return 'not yet'
}
