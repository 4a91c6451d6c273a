import { fingerprint } from '../../plan/fingerprint.ts'
import { TaskProgram } from '../../runtime/program.ts'
import { StreamingContext } from '../../api/dstream/streaming-context.ts'
import { validateStart } from '../../api/dstream/validate-start.ts'
import { checkContent } from '../check-content.ts'
import { logSource, openLogSource } from '../sim-source.ts'
import { SimSinks } from '../sim-sinks.ts'
import type { Subject } from '../subject.ts'
import type { Job, Surroundings } from './job.ts'

/** A reference job, judged by what plain code computes from the same records. */
export const jobSubject = (job: Job): Subject => ({
  app: `job-${job.name}`,
  intervalMs: job.intervalMs,
  sources: job.sources,
  record: (_source, random) => job.record(random),
  begin({ ports, stores, logs, report }) {
    const sinks = new SimSinks(ports, stores, report, new Set(job.beforeCommit))
    return {
      build: (process) => {
        const surroundings: Surroundings = {
          source: (name) => logSource(logs.get(name)!, ports, process),
          open: (name) => openLogSource(logs.get(name)!, ports, process),
          fenced: (name) => sinks.fenced(name, process),
          plain: (name) => sinks.plain(name, process),
        }
        const context = new StreamingContext(
          { appName: `job-${job.name}`, master: 'local[2]', ...job.conf },
          job.intervalMs,
          { hosted: true },
        )
        job.define(context, surroundings)
        validateStart(context)
        return { context, program: new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph)) }
      },
      judge: () => checkContent({ job, stores, sinks, logs }, report),
    }
  },
})
