/**
 * What every source, sink, head store, blob store, launcher of tasks and planner has to hold, as tests of `node:test`:
 * call a suite in a test file with a function that makes yours.
 */
export { blobStoreContract } from './blob-store.ts'
export { headStoreContract } from './head-store.ts'
export type { HeadRegister } from './head-store.ts'
export { launcherContract } from './launcher.ts'
export type { LauncherTraits, LauncherUnderTest, TaskDeed } from './launcher.ts'
export { plannerContract } from './planner.ts'
export type { PlannerUnderTest, PlanningDeed } from './planner.ts'
export { repeatingSinkContract } from './repeating-sink.ts'
export { sinkContract } from './sink.ts'
export { deliver, delivery } from './sink-rows.ts'
export type { ArrivedRow, RepeatingSinkUnderTest } from './repeating-sink.ts'
export type { SinkUnderTest } from './sink.ts'
export type { Death, SinkRow } from './sink-rows.ts'
export { memoryIo, readAll, sourceContract } from './source.ts'
export type { SourceTraits, SourceUnderTest } from './source.ts'
export type { BlobStore } from '../../host/blob-store.ts'
export type { Planner, PlanRequest } from '../../runtime/planner.ts'
export type { TaskLauncher } from '../../host/launcher.ts'
export type { HeadStore, Versioned } from '../../host/head-store.ts'
export { ManualClock } from '../../adapters/local/manual-clock.ts'
