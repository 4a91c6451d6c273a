import { after } from 'node:test'
import { findLocalStack, startLocalStack } from '../../infra/servers/localstack.ts'
import { awsClients } from '../../lib/adapters/aws/clients.ts'
import { messageSinksLaw } from '../adapters/aws/send/send-law.ts'

const python = findLocalStack()
if (!python) throw new Error('needs LocalStack (infra/localstack/install.sh)')

const stack = await startLocalStack(python)
after(() => stack.stop())
Object.assign(process.env, stack.environment)

messageSinksLaw('LocalStack', awsClients(stack.environment))
