import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What is fetched once for this clone. */
export const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))

type Artifact = readonly [group: string, artifact: string, version: string]

/**
 * Puts jars and what they need into a folder below `cache`, by Maven, unless it is there. Two who do it at once do not
 * disturb each other.
 */
export function fetchJars(place: string, artifacts: readonly Artifact[]): void {
  if (existsSync(place)) return
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'jars-'))
  try {
    writeFileSync(join(folder, 'pom.xml'), pomOf(artifacts))
    const call = ['-q', '-B', '-f', folder, 'dependency:copy-dependencies', '-DincludeScope=runtime']
    execFileSync('mvn', [...call, `-DoutputDirectory=${join(folder, 'libs')}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (readdirSync(join(folder, 'libs')).length > 0) renameSync(join(folder, 'libs'), place)
  } catch (error) {
    if (!existsSync(place)) throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const dependency = ([group, artifact, version]: Artifact): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>` +
  `<version>${version}</version></dependency>`

const pomOf = (artifacts: readonly Artifact[]): string =>
  `<project><modelVersion>4.0.0</modelVersion>
<groupId>sluice</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
${artifacts.map(dependency).join('\n')}
</dependencies></project>
`
