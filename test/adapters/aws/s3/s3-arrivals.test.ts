import { setTimeout } from 'node:timers/promises'
import { emulated } from '../emulated.ts'
import { awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { s3ArrivalsLaw } from './s3-arrivals-law.ts'

const { emulators, bucket, fresh } = await emulated()
// S3 and SQS are one server here; what the bucket would send, the tests send.
const environment = { ...emulators.environment, AWS_ENDPOINT_URL_SQS: emulators.s3 }
s3ArrivalsLaw('emulated', {
  clients: awsClients(environment),
  environment,
  bucket,
  // It does not count them before somebody asks for messages.
  shown: () => setTimeout(1200),
  fresh,
})
