import { fingerprint } from '../../plan/fingerprint.ts'
import { TaskProgram } from '../../runtime/task/program.ts'
import { StreamingContext } from '../../api/dstream/streaming-context.ts'
import { validateStart } from '../../api/dstream/validate-start.ts'
import { checkContent, checkFiles } from '../check-content.ts'
import { Decider } from '../decider.ts'
import { fileSource } from '../sim-files.ts'
import type { SimProcess } from '../sim-process.ts'
import { received, SimService } from '../sim-receiver.ts'
import { logSource, openLogSource } from '../sim-source.ts'
import { SimSinks } from '../sim-sinks.ts'
import type { Built, Subject, SubjectRun, Surroundings as Around } from '../subject.ts'
import type { Job, Surroundings } from './job.ts'

/** A reference job, judged by what plain code computes from the same records. */
export const jobSubject = (job: Job): Subject => ({
  app: `job-${job.name}`,
  intervalMs: job.intervalMs,
  sources: job.sources,
  ...(job.circumstances ? { circumstances: job.circumstances } : {}),
  ...(job.isBrief ? { isBrief: true } : {}),
  record: (_source, random) => job.record(random),
  begin: (around) => new JobRun(job, around),
})

class JobRun implements SubjectRun {
  readonly #job: Job
  readonly #around: Around
  readonly #sinks: SimSinks
  readonly #begun: number
  readonly #services: ReadonlyMap<string, SimService>
  readonly #decider: Decider | null
  #lives = 0

  constructor(job: Job, around: Around) {
    const { ports, stores, logs, report } = around
    const { beforeCommit, away = {} } = job
    const at = ([from, to]: readonly [number, number]): readonly [number, number] => [
      ports.world.now() + from * job.intervalMs,
      ports.world.now() + to * job.intervalMs,
    ]
    this.#job = job
    this.#begun = ports.world.now()
    this.#around = around
    this.#sinks = new SimSinks(ports, stores, report, {
      ...(beforeCommit ? { beforeCommit } : {}),
      away: Object.fromEntries(Object.entries(away).map(([sink, ticks]) => [sink, at(ticks)])),
    })
    this.#services = new Map([...logs].map(([name, log]) => [name, new SimService(log)]))
    this.#decider = job.decides ? new Decider(around) : null
    this.#decider?.begin()
  }

  isAllOf(log: string): boolean {
    return this.#job.others?.includes(log) !== true
  }

  build(process: SimProcess): Built {
    const { name, conf, intervalMs } = this.#job
    const life = this.#lives++
    const settings = typeof conf === 'function' ? conf(life, this.#tick) : conf
    const context = new StreamingContext({ appName: `job-${name}`, master: 'local[2]', ...settings }, intervalMs, {
      hosted: true,
    })
    this.#job.define(context, this.#surroundingsOf(process), life)
    validateStart(context)
    return { context, program: new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph)) }
  }

  get #tick(): number {
    return (this.#around.ports.world.now() - this.#begun) / this.#job.intervalMs
  }

  #surroundingsOf(process: SimProcess): Surroundings {
    const { ports, stores, logs, report } = this.#around
    const sinks = this.#sinks
    return {
      tick: this.#tick,
      source: (name) => logSource(logs.get(name)!, ports, process),
      open: (name) => openLogSource(logs.get(name)!, ports, process),
      files: (name, choice) => fileSource(logs.get(name)!, choice, ports, process),
      received: (name, isReliable) =>
        received({ service: this.#services.get(name)!, ports, stores, report }, process, isReliable),
      fenced: (name) => sinks.fenced(name, process),
      table: (name) => sinks.table(name, process),
      topic: (name) => sinks.topic(name, process),
      items: (name) => sinks.items(name, process),
      queue: (name) => sinks.queue(name, process),
      folder: (name) => sinks.folder(name, process),
      plain: (name) => sinks.plain(name, process),
      effects: (name) => sinks.effects(name, process),
    }
  }

  judge(): void {
    const { stores, logs, report } = this.#around
    checkContent({ job: this.#job, stores, sinks: this.#sinks, logs }, report)
    checkFiles(this.#job, stores, logs, report)
    this.#decider?.judge()
  }
}
