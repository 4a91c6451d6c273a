import type { Environment } from '../../adapters/aws/clients.ts'
import type { Log } from '../../host/log.ts'

/** From which shares of its memory on a function says so, each once in the life of its process. */
const SHARES = [0.5, 0.75]
const MB = 2 ** 20

/**
 * Says what of its memory a function uses, while there is some left: one that has none is ended by the platform, and
 * says nothing any more. Silent where nothing says how much it has.
 */
export function memoryWatch(environment: Environment, option: 'task' | 'output'): (log: Log) => void {
  const { AWS_LAMBDA_FUNCTION_MEMORY_SIZE: size, AWS_LAMBDA_FUNCTION_NAME: name = option } = environment
  const limitMb = Number(size)
  const shares = [...SHARES]
  return (log) => {
    if (shares.length === 0 || !(limitMb > 0)) return
    const usedMb = process.memoryUsage.rss() / MB
    if (usedMb < shares[0]! * limitMb) return
    while (shares.length > 0 && usedMb >= shares[0]! * limitMb) shares.shift()
    const message =
      `The function ${name} uses ${Math.round(usedMb)} of its ${limitMb} MB; one that uses them up is ended, and ` +
      `its batch fails. Give it more (sluice: { ${option}: { memorySize: … } } in serverless.yml), or share state ` +
      'among more tasks (slots).'
    log.event({ type: 'memory-used', level: 'warn', message, usedMb: Math.round(usedMb), limitMb })
  }
}
