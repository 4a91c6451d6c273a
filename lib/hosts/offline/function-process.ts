/*
 * A process that runs one function, as Lambda does: one invocation at a time, and what a module keeps stays for the
 * next one. Started by the pool of its function, with the bundle as its argument.
 */
import { pathToFileURL } from 'node:url'
import type { Asked, Told } from './function-pool.ts'

type Handler = (event: unknown, context: object) => Promise<unknown>

const bundle = process.argv[2]!
let handler: Promise<{ readonly handler: Handler }> | null = null

process.on('message', (asked: Asked) => void answer(asked))
// Without its pool it would stay for ever.
process.on('disconnect', () => process.exit())

async function answer(asked: Asked): Promise<void> {
  const told = await outcomeOf(asked)
  // What was written until now belongs to this invocation, and has to be heard before its answer is.
  process.stdout.write(`${asked.mark}\n`, () => process.send!(told))
}

async function outcomeOf({ id, payload, deadline }: Asked): Promise<Told> {
  try {
    const module = await (handler ??= import(pathToFileURL(bundle).href))
    const value = await module.handler(JSON.parse(payload), {
      awsRequestId: id,
      functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
      memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    })
    return { kind: 'done', payload: JSON.stringify(value ?? null) }
  } catch (error) {
    const thrown = error instanceof Error ? error : new Error(String(error))
    const { name, message, stack = '' } = thrown
    const facts = Object.fromEntries(Object.entries(thrown))
    return { kind: 'failed', errorType: name, errorMessage: message, trace: stack.split('\n'), facts }
  }
}
