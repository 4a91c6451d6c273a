import type { Case } from '../cases.ts'
export async function runScript(_each: Case): Promise<string | null> { return 'script' }
