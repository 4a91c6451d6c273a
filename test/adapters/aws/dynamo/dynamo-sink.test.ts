import { emulated } from '../emulated.ts'
import { dynamoSinkLaw } from './dynamo-sink-law.ts'

const { clients } = await emulated()
await dynamoSinkLaw('DynamoDB', clients)
