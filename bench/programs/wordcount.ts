import { describedContext } from '../engine.ts'
import { millionBlocks, wordCount } from '../workloads/wordcount.ts'

/** What a worker thread loads to have the same graph as the process that drives it. */
const context = describedContext(null)
wordCount(context, millionBlocks(process.argv[2]))
context.start()
