import app from '../examples/word-count-s3.ts'
import { taskHandler } from '../lib/hosts/lambda/index.ts'

/** One task of one batch, for the coordinator. */
export const handler = taskHandler(app)
