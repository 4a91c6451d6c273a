import type { TaskId } from '../model/ids.ts'
import type { StageWork } from '../model/task.ts'
import type { PlannedStage } from './planner.ts'

/** The name of the task that is a whole batch. */
export const WHOLE: TaskId = 'all'

/** All stages, each with all its partitions, for one task. */
export const wholeBatch = (stages: readonly PlannedStage[]): StageWork[] => stages.map(wholeStage)

const wholeStage = (stage: PlannedStage): StageWork => ({
  stage: stage.id,
  partitions: Array.from({ length: stage.partitions }, (_, i) => i),
})
