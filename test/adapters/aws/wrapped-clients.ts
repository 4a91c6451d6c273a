import type { AwsClients } from '../../../lib/adapters/aws/clients.ts'
import type { DyingCalls } from '../dying-calls.ts'

interface Client {
  send(command: never, options?: never): Promise<unknown>
}
type Made = Promise<{ readonly client: Client }>

/** What stands between a process and a service: sees each command, and sends it or not. */
export type Between = (send: () => Promise<unknown>, command: Command, options?: Options) => Promise<unknown>

interface Options {
  readonly abortSignal?: AbortSignal
}

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: any
}

export const wrappedClient = <M extends { readonly client: object }>(made: M, between: Between): M => ({
  ...made,
  client: {
    ...made.client,
    send: (command: Command, options?: Options) =>
      between(() => (made.client as Client).send(command as never, options as never), command, options),
  },
})

/** The clients with every call going through `between`. */
export const wrappedClients = (clients: AwsClients, between: Between): AwsClients =>
  Object.fromEntries(
    Object.entries(clients).map(([name, make]) => [
      name,
      async () => wrappedClient(await (make as () => Made)(), between),
    ]),
  ) as unknown as AwsClients

/** The clients of a process that ends at one of its calls. */
export const dyingClients = (clients: AwsClients, calls: DyingCalls): AwsClients =>
  wrappedClients(clients, (send) => calls.call(send, () => {}))
