import app from '../examples/word-count-s3.ts'
import { taskHandler } from 'sluice/lambda'

/** One task of one batch, for the coordinator. */
export const handler = taskHandler(app)
