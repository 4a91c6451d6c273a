import { join } from 'node:path'
import { verifyApp } from '../../lib/cli/verify-directory.ts'
import { appsBelow } from '../../lib/hosts/embedded/embedded-host.ts'

/** What `sluice verify` finds in what killed processes have left in a directory. */
export async function violationsIn(dir: string): Promise<string[]> {
  const verdicts = await Promise.all((await appsBelow(dir)).map((app) => verifyApp(join(dir, app))))
  return verdicts.flatMap(({ violation }) =>
    violation ? [`write ${violation.rev} (${violation.cause}): ${violation.what}`] : [],
  )
}
