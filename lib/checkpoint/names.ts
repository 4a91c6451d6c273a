/**
 * Names of objects, all under `<app>/<inc>/`. Each ends in the `run` of the executing process, 128 random bits drawn by
 * that process and by nobody else: two executions of one task never write the same name, so a zombie can only leave
 * litter.
 */
export class Names {
  readonly #root: string

  constructor(app: string, inc: string) {
    this.#root = `${app}/${inc}`
  }

  get root(): string {
    return `${this.#root}/`
  }
  shuffle(batch: number, shuffle: number, exec: number, task: string, run: string): string {
    return `${this.#root}/blk/${spread(batch)}/s${shuffle}.${exec}/${task}/${run}`
  }
  state(operator: string, batch: number, task: string, run: string, suffix: string): string {
    return `${this.#root}/st/${plain(operator)}/${spread(batch)}/${task}/${run}.${suffix}`
  }
  retained(stream: string, batch: number, partition: number, run: string): string {
    return `${this.#root}/st/${plain(stream)}/${spread(batch)}/p${partition}/${run}.r`
  }
  output(output: string, batch: number, partition: number, run: string): string {
    return `${this.#root}/out/${spread(batch)}/${plain(output)}/p${partition}/${run}`
  }
  deadLetters(batch: number, run: string): string {
    return `${this.#root}/dlq/${spread(batch)}/${run}`
  }
  /** What operators wish; whoever holds the head reads it when it starts. */
  get wishes(): string {
    return `${this.#root}/ctl/`
  }
  plan(batch: number, nonce: string): string {
    return `${this.#root}/plan/${spread(batch)}/${nonce}.json`
  }
  manifest(batch: number, nonce: string): string {
    return `${this.#root}/man/${spread(batch)}/${nonce}.json`
  }
  graph(batch: number, run: string): string {
    return `${this.#root}/graph/${spread(batch)}/${run}.json`
  }
  /** What receivers stored; a source sweeps its own. */
  get received(): string {
    return `${this.#root}/rcv/`
  }
  source(uid: string): string {
    return `${this.received}${plain(uid)}/`
  }
}

/**
 * A derived uid may hold what no store takes in a name. Two that come out alike do no harm: the run tells their objects
 * apart.
 */
const plain = (uid: string): string => uid.replaceAll(/[^A-Za-z0-9._/-]/g, '_')

/** Two hex digits in front spread the load over prefixes; one batch stays under one prefix. */
function spread(batch: number): string {
  const mixed = Math.imul(batch, 0x9e3779b1) >>> 24
  return `${mixed.toString(16).padStart(2, '0')}/${batch}`
}
