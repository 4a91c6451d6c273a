import { coordinatorHandler } from 'sluice/lambda/coordinator'

/** Once a minute: runs the batches that are due. `{ "busy": true }`: another invocation is at it. */
export const handler = coordinatorHandler()
