import app from '../examples/word-count-s3.ts'
import { outputHandler } from 'sluice/lambda'

/** The outputs of one committed batch, for the coordinator. What `print` writes is in this function's log. */
export const handler = outputHandler(app)
