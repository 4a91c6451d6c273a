import { type AwsClients, awsClients, type Environment } from '../../adapters/aws/clients.ts'
import { Functions } from '../../adapters/aws/lambda/functions.ts'
import { type AwsHost, awsHost } from './host.ts'

/** What the coordinator touches: it alone calls the functions that have the program. */
export interface CoordinatorHost extends AwsHost {
  readonly functions: Functions
}

export function coordinatorHost(
  environment: Environment,
  clients: AwsClients = awsClients(environment),
): CoordinatorHost {
  const host = awsHost(environment, clients)
  return { ...host, functions: new Functions(clients, host.clock, host.random) }
}
