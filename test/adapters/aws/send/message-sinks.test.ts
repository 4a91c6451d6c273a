import { awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { emulated } from '../emulated.ts'
import { messageSinksLaw } from './send-law.ts'

const { emulators } = await emulated()
// The server of buckets has queues and topics as well.
messageSinksLaw('emulated', awsClients({ ...emulators.environment, AWS_ENDPOINT_URL: emulators.s3 }))
