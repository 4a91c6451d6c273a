import { checkedHead } from '../../checkpoint/check-head.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { AwsHost } from '../lambda/host.ts'
import type { BuiltApp } from '../program/built-program.ts'

/** Incarnations that the head was found to have, by app. A process reads the head once for each. */
const incarnations = new WeakMap<BuiltApp, string>()

/** A task of an app that has begun anew since would come too late, and its objects are gone. */
export async function checkIncarnation(
  { app, inc }: Pick<Head, 'app' | 'inc'>,
  built: BuiltApp,
  host: AwsHost,
): Promise<void> {
  if (incarnations.get(built) === inc) return
  const head = checkedHead(await host.head(app).read())?.value ?? null
  if (head?.inc !== inc)
    throw new SluiceError('E_TASK_SPEC', `This function was asked to run a task of another incarnation of "${app}".`, {
      did: 'the task did not run',
      next: ['let the coordinator of this app call this function'],
    })
  incarnations.set(built, inc)
}
