import { SluiceError } from '../errors.ts'
import { visible } from '../visible.ts'
import type { Setting } from './kinds.ts'
import { parse, type ValueOf } from './parse.ts'
import { type Environment, type VariableName, variables } from './variables.ts'

/**
 * The value of a variable of the environment, or its default. Throws `E_AWS_SETTING` for a variable of the functions
 * that cannot be used, `E_ENV` for any other.
 */
export function readVariable<N extends VariableName>(
  environment: Environment,
  name: N,
): ValueOf<(typeof variables)[N]> {
  const variable: Setting & { readonly of: string } = variables[name]
  const text = environment[name]
  // A template of functions leaves a variable empty where there is nothing to say.
  const isUnset = text === undefined || (text === '' && variable.of === 'functions')
  const given = isUnset ? variable.initial : text
  return (given === null ? null : checked(name, variable, given)) as ValueOf<(typeof variables)[N]>
}

function checked(name: VariableName, variable: Setting & { readonly of: string }, text: string): unknown {
  if (text.trim() === '') throw badVariable(name, 'is set but blank')
  if (text.trim() !== text) throw badVariable(name, 'begins or ends with white space')
  const parsed = parse(variable, text)
  if (parsed.kind === 'value') return parsed.value
  throw badVariable(name, `is ${visible(text)}, which is not ${parsed.wanted}`)
}

/** `how` goes on from the name of the variable. */
export function badVariable(name: VariableName, how: string): SluiceError {
  const where = { detail: name }
  if (variables[name].of === 'functions')
    return new SluiceError('E_AWS_SETTING', `The environment variable ${name} ${how}.`, {
      where,
      did: 'nothing was started',
      next: [`set ${name} in serverless.yml, under provider.environment`],
    })
  return new SluiceError('E_ENV', `${name} ${how}.`, {
    where,
    did: 'nothing was run',
    next: [`unset ${name}, or give it ${name === 'SLUICE_DIR' ? 'a directory' : 'a value'}`],
  })
}
