import type { AwsClients } from '../../../lib/adapters/aws/clients.ts'
import type { DyingCalls } from '../dying-calls.ts'

type Made = Promise<{ readonly client: { send(command: never, options?: never): Promise<unknown> } }>

/** The clients with every call going through `through`, which is told the name of the command. */
export function wrappedClients(
  clients: AwsClients,
  through: (send: () => Promise<unknown>, command: string) => Promise<unknown>,
): AwsClients {
  const of = async (make: () => Made): Promise<never> => {
    const made = await make()
    const send = (command: { constructor: { name: string } }, options?: never): Promise<unknown> =>
      through(() => made.client.send(command as never, options), command.constructor.name)
    return { ...made, client: { send } } as never
  }
  return Object.fromEntries(
    Object.entries(clients).map(([name, make]) => [name, () => of(make as () => Made)]),
  ) as unknown as AwsClients
}

/** The clients of a process that ends at one of its calls. */
export const dyingClients = (clients: AwsClients, calls: DyingCalls): AwsClients =>
  wrappedClients(clients, (send) => calls.call(send, () => {}))
