import app from '../examples/word-count-s3.ts'
import { taskHandler } from 'sluice/lambda'

/** One task of one batch, or what the batch is, for the coordinator. */
export const handler = taskHandler(app)
