interface ProjectFile {
  readonly path: string
  readonly text: string
  /** Said when the file is made; the others are listed by name. */
  readonly about?: string
}

/** A project that counts clicks it makes up. */
export const projectFiles = (name: string, version: string): ProjectFile[] => [
  {
    path: 'src/app.ts',
    text: program(name),
    about: `the pipeline (${program(name).trimEnd().split('\n').length} lines)`,
  },
  { path: 'src/demo.ts', text: demo, about: 'a source that makes up clicks, until you have one' },
  {
    path: 'package.json',
    text: json({
      name,
      private: true,
      type: 'module',
      engines: { node: '>=24' },
      scripts: { start: 'sluice dev src/app.ts' },
      dependencies: { sluice: `^${version}` },
    }),
  },
  { path: 'tsconfig.json', text: json({ compilerOptions }) },
  { path: 'README.md', text: readme(name) },
  { path: '.gitignore', text: 'node_modules/\n.sluice/\n' },
]

/** Node runs the files as they are, by leaving the types out. */
const compilerOptions = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  noEmit: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
}

const program = (name: string): string => lines`
  import { app, seconds } from 'sluice'
  import { demoClicks } from './demo.ts'

  // Counts clicks per page: of the last ten seconds, and since the start.
  export default app('${name}', seconds(2), (ssc) => {
    const clicks = ssc.source('clicks', demoClicks)
    const ones = clicks.map((click) => [click.page, 1])

    ones.reduceByKeyAndWindow((a, b) => a + b, seconds(10)).print()

    ones
      .updateStateByKey<number>((added: readonly number[], before = 0) => added.reduce((a, b) => a + b, before))
      .foreachRDD((totals) => console.log('since the start:', totals.collect()))
  })
`

const demo = lines`
  import type { Source } from 'sluice'

  export interface Click {
    readonly page: string
    readonly user: string
  }

  const pages = ['/', '/', '/', '/cart', '/cart', '/help', '/news']

  /** Looks random, and is the same for the same number: a batch that is read again must be the same batch. */
  const scramble = (n: number): number => (Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) ^ (n << 7)) >>> 0

  const clickNumber = (n: number): Click => ({
    page: pages[scramble(n) % pages.length]!,
    user: 'u' + (scramble(n + 1) % 50),
  })

  /** About 400 clicks per batch. The position is the number of clicks so far. */
  export const demoClicks: Source<Click, number, [from: number, to: number]> = {
    name: 'demo generator',
    async cut({ position }) {
      const from = position ?? 0
      const to = from + 380 + (scramble(from) % 40)
      return { position: to, splits: [[from, to]], records: to - from }
    },
    read([from, to]) {
      return [Array.from({ length: to - from }, (_, i) => clickNumber(from + i))]
    },
  }
`

const readme = (name: string): string => lines`
  # ${name}

  \`npm install && npm start\` counts clicks per page, in batches of two seconds, and runs again whenever a file
  changes.

  * \`src/app.ts\` is the pipeline; \`src/demo.ts\` makes up its input.
  * State is kept in \`.sluice/\`: stop it, start it again, and the numbers go on. \`npm start -- --fresh\` begins anew.
  * \`npx sluice --help\` lists the commands, \`npx sluice explain <code>\` explains an error.
`

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** The text without the indentation that it has here. */
function lines(parts: TemplateStringsArray, ...values: readonly string[]): string {
  const text = parts.reduce((sum, part, i) => sum + part + (values[i] ?? ''), '')
  return text.replace(/^\n/, '').replaceAll(/^ {2}/gm, '')
}
