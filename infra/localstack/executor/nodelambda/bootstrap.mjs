// A small Lambda runtime client for Node: load the handler once, then serve the Runtime API.
import http from 'node:http'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const { AWS_LAMBDA_RUNTIME_API: api, LAMBDA_TASK_ROOT: root, _HANDLER: spec, ...env } = process.env
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })

function call(method, route, body) {
  const [hostname, port] = api.split(':')
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
    const req = http.request(
      { hostname, port, agent, method, path: `/2018-06-01/runtime/${route}`, headers },
      (res) => {
        const parts = []
        res.on('data', (part) => parts.push(part))
        res.on('end', () =>
          resolve({ status: res.statusCode, headers: res.headers, body: Buffer.concat(parts).toString() }),
        )
        res.on('error', reject)
      },
    )
    req.on('error', reject)
    req.end(body)
  })
}

function describe(error, kind) {
  if (!(error instanceof Error))
    return JSON.stringify({ errorType: kind ?? typeof error, errorMessage: String(error), trace: [] })
  return JSON.stringify({
    errorType: kind ?? error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  })
}

async function loadHandler() {
  const cut = spec.lastIndexOf('/') + 1
  const [file, ...names] = spec.slice(cut).split('.')
  const base = path.resolve(root, spec.slice(0, cut), file)
  const found = ['.mjs', '.js', '.cjs', ''].map((ext) => base + ext).find(existsSync)
  if (!found) throw Object.assign(new Error(`Cannot find module '${file}'`), { name: 'Runtime.ImportModuleError' })
  const module = await import(pathToFileURL(found).href)
  const pick = (from) => names.reduce((value, name) => value?.[name], from)
  const handler = pick(module) ?? pick(module.default)
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${spec} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' })
  }
  return handler
}

let current
async function crash(error, kind) {
  console.error(error)
  await call('POST', current ? `invocation/${current}/error` : 'init/error', describe(error, kind)).catch(() => {})
  process.exit(current ? 128 : 1)
}
process.on('uncaughtException', (error) => crash(error))
process.on('unhandledRejection', (error) => crash(error, 'Runtime.UnhandledPromiseRejection'))

let handler
try {
  handler = await loadHandler()
} catch (error) {
  await crash(error)
}

for (;;) {
  const { status, headers, body } = await call('GET', 'invocation/next')
  if (status !== 200) process.exit(0)
  const id = (current = headers['lambda-runtime-aws-request-id'])
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id']
  const context = {
    awsRequestId: id,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  let outcome
  try {
    const result = await handler(JSON.parse(body || 'null'), context)
    outcome = ['response', JSON.stringify(result === undefined ? null : result)]
  } catch (error) {
    console.error(error)
    outcome = ['error', describe(error)]
  }
  await call('POST', `invocation/${id}/${outcome[0]}`, outcome[1])
  current = undefined
}
