import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache, fetchJars } from './jars.ts'
import { Child, findProgram, freePort, serverFolder } from './server-process.ts'

/** A name node with one data node. */
interface RunningHdfs {
  /** `127.0.0.1:port` of the name node's web address. */
  readonly web: string
  stop(): Promise<void>
}

const VERSION = '3.4.3'

/** JUnit is loaded by the class that starts the cluster. */
const ARTIFACTS = [
  ['org.apache.hadoop', 'hadoop-minicluster', VERSION],
  ['junit', 'junit', '4.13.2'],
] as const

/** Why there is no HDFS here, or `null`. Java 17 runs it; Maven fetches its jars, once. */
export function hdfsIsMissing(): string | null {
  if (!findProgram('java')) return 'HDFS needs Java (Debian: apt-get install openjdk-17-jre-headless)'
  if (existsSync(jars) || findProgram('mvn')) return null
  return 'The jars of HDFS are fetched by Maven, which is not installed here (Debian: apt-get install maven)'
}

const jars = join(cache, `hadoop-${VERSION}`)

/** HDFS with WebHDFS, whose superuser is who runs it. */
export async function startHdfs(): Promise<RunningHdfs> {
  fetchJars(jars, ARTIFACTS)
  const folder = serverFolder('hdfs')
  const details = join(folder, 'details.json')
  mkdirSync(join(folder, 'dfs'))
  const [names, web] = [await freePort(), await freePort()]
  const child = new Child('java', [
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    `-Dtest.build.data=${join(folder, 'dfs')}`,
    '-cp',
    join(jars, '*'),
    'org.apache.hadoop.test.MiniDFSClusterManager',
    '-format',
    '-datanodes',
    '1',
    '-nnport',
    String(names),
    '-httpport',
    String(web),
    '-writeDetails',
    details,
    // A name node lists so few at once that a test comes to the next page.
    '-D',
    'dfs.ls.limit=10',
    '-D',
    'dfs.webhdfs.enabled=true',
    '-D',
    'hadoop.http.filter.initializers=',
  ])
  await child.ready(async () => {
    if (!existsSync(details) || readFileSync(details).length === 0) throw new Error('not started')
  })
  return {
    web: `127.0.0.1:${web}`,
    stop: () => child.stop('SIGKILL', folder),
  }
}
