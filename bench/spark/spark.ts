import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache, fetchJars } from '../../infra/servers/jars.ts'
import { findProgram } from '../../infra/servers/server-process.ts'
import { measureOutside } from '../outside.ts'
import type { Setting, Variant } from '../workload.ts'

/** What is compared with: Spark 3.5.5 on Scala 2.12, `local[2]`, a heap of 4 GB. */
const VERSION = '3.5.5'
const SCALA = '2.12.18'
const JACKSON = '2.15.2'
const HEAP = '4g'

const source = join(import.meta.dirname, 'Bench.scala')
const jars = join(cache, `spark-${VERSION}-kafka`)
const compiler = join(cache, `scala-${SCALA}`)
/** The programs in `Bench.scala`, compiled; one folder for each text of it. */
const classes = join(
  cache,
  `spark-bench-${createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12)}`,
)

/** Why Spark cannot run here, or `null`. Java 17 runs it; Maven fetches its jars and the compiler of Scala, once. */
export function sparkIsMissing(): string | null {
  if (!findProgram('java')) return 'Spark needs Java 17 (Debian: apt-get install openjdk-17-jre-headless)'
  if ((existsSync(jars) && existsSync(compiler)) || findProgram('mvn')) return null
  return 'The jars of Spark are fetched by Maven, which is not installed here (Debian: apt-get install maven)'
}

/** Fetches and compiles what is not there yet: before the first round, outside every clock. */
export function prepareSpark(): void {
  fetchJars(jars, [
    ['org.apache.spark', 'spark-streaming_2.12', VERSION],
    ['org.apache.spark', 'spark-streaming-kafka-0-10_2.12', VERSION],
    // Maven takes an older one from further up the tree, which does not fit Spark's own data binding.
    ['com.fasterxml.jackson.core', 'jackson-core', JACKSON],
  ])
  fetchJars(compiler, [['org.scala-lang', 'scala-compiler', SCALA]])
  if (existsSync(classes)) return
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'spark-new-'))
  const path = readdirSync(jars).map((jar) => join(jars, jar))
  // Spark has marked all of its DStreams as deprecated.
  const call = ['-cp', join(compiler, '*'), 'scala.tools.nsc.Main', '-nowarn', '-cp', path.join(':'), '-d', folder]
  execFileSync('java', [...call, source], { stdio: ['ignore', 'ignore', 'inherit'] })
  try {
    renameSync(folder, classes)
  } catch (error) {
    rmSync(folder, { recursive: true })
    if (!existsSync(classes)) throw error
  }
}

const OPENED = ['lang', 'lang.invoke', 'lang.reflect', 'io', 'net', 'nio', 'util', 'util.concurrent']
const OPENED_INNER = ['sun.nio.ch', 'sun.nio.cs', 'sun.security.action', 'sun.util.calendar']

/** A command that runs a program of `Bench.scala`. */
export const sparkCommand = (program: string, options: Readonly<Record<string, string | number>>): string[] => [
  'java',
  `-Xmx${HEAP}`,
  ...[...OPENED.map((name) => `java.${name}`), ...OPENED_INNER].map(
    (name) => `--add-opens=java.base/${name}=ALL-UNNAMED`,
  ),
  '-Djdk.reflect.useDirectMethodHandle=false',
  '-cp',
  `${classes}:${join(jars, '*')}`,
  'org.apache.spark.streaming.Bench',
  program,
  ...Object.entries(options).map(([name, value]) => `${name}=${value}`),
]

interface SparkRun {
  readonly records: number
  readonly options: Readonly<Record<string, string | number>>
}

/** A program of `Bench.scala` as a variant of a workload. */
export const onSpark = (
  program: string,
  run: (setting: Setting) => SparkRun,
  group?: string,
): Variant & { readonly rival: 'spark' } => ({
  rival: 'spark',
  ...(group === undefined ? {} : { group }),
  async run(setting) {
    const { records, options } = run(setting)
    const [command, ...args] = sparkCommand(program, options)
    const { checksum } = await measureOutside(setting.meter, command, args)
    return { records, checksum, extra: { spark: VERSION } }
  },
})
