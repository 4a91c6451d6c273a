import { collectGarbage, type GarbageReport } from '../../runtime/coordinator/collect-garbage.ts'
import type { AwsHost } from './host.ts'

/** What was found, by app. */
export type StageReport = Readonly<Record<string, GarbageReport>>

/** Deletes what the apps of a stage have left behind. One that fails keeps no other from its turn. */
export async function collectStage(host: AwsHost): Promise<StageReport> {
  const { blobs, log, random } = host
  const reports: Record<string, GarbageReport> = {}
  const failures: unknown[] = []
  for (const app of await host.apps()) {
    try {
      reports[app] = await collectGarbage(app, { head: host.head(app), blobs, log, random })
    } catch (error) {
      log.event({ type: 'error', error })
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return reports
}
