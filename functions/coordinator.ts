import app from '../examples/word-count-s3.ts'
import { coordinatorHandler } from 'sluice/lambda'

/** Once a minute: runs the batches that are due. `{ "busy": true }`: another invocation is at it. */
export const handler = coordinatorHandler(app)
