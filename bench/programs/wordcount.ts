import type { StreamingContext } from '../../lib/api/dstream/streaming-context.ts'
import { describedContext } from '../engine.ts'
import { wordCount } from '../workloads/wordcount.ts'

/** What a worker thread loads to have the same graph as the process that drives it. */
export default {
  build(): StreamingContext {
    const context = describedContext(null)
    wordCount(context, process.argv[2])
    return context
  },
}
