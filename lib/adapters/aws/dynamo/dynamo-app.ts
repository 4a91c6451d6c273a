import type { ControlStore } from '../../../host/control-store.ts'
import type { HeadStore, Versioned } from '../../../host/head-store.ts'
import type { AwsClients } from '../clients.ts'
import { DynamoRegister } from './dynamo-register.ts'

/** Head and control record of one app, for whoever runs it. */
interface DynamoApp<Head> {
  readonly head: HeadStore<Head>
  readonly control: ControlStore
}

/**
 * Looking for the head brings the control record along, and the next look at that is answered from there: an invocation
 * that runs one batch makes one request for both.
 */
export function dynamoApp<Head>(clients: AwsClients, table: string, app: string): DynamoApp<Head> {
  const head = new DynamoRegister(clients, table, app, 'head')
  const control = new DynamoRegister(clients, table, app, 'ctrl')
  let along: { readonly found: Versioned<unknown> | null } | null = null
  return {
    head: {
      async read() {
        const found = await head.readBoth()
        along = { found: found.get('ctrl') ?? null }
        return (found.get('head') ?? null) as Versioned<Head> | null
      },
      cas: (expected, value, cause) => head.cas(expected, value, cause),
      async close() {},
    },
    control: {
      async read() {
        const known = along
        along = null
        return known === null ? control.read() : known.found
      },
      cas(expected, value, cause) {
        along = null
        return control.cas(expected, value, cause)
      },
    },
  }
}
