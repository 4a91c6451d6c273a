import { shortened } from '../../model/visible.ts'

/** What a variable is called that holds what nobody may see. */
const secretName = /PASSW|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL/i

/** Shorter values would be found, and replaced, in the middle of other words. */
const LENGTH_MIN = 6

/**
 * The values in an environment that must not be logged: those of variables with a telling name, and passwords in
 * addresses.
 */
export function secretsIn(environment: Readonly<Record<string, string | undefined>>): string[] {
  const found = Object.entries(environment).flatMap(([name, value = '']) =>
    secretName.test(name) ? [value, ...value.split('\n')] : passwordsIn(value),
  )
  return [...new Set(found.map((secret) => secret.trim()))]
    .filter((secret) => secret.length >= LENGTH_MIN)
    .sort((a, b) => b.length - a.length)
}

function passwordsIn(value: string): string[] {
  if (!value.includes('://') || !URL.canParse(value)) return []
  const { password } = new URL(value)
  return [password, decodeURIComponent(password.replaceAll(/%(?![0-9a-f]{2})/gi, '%25'))]
}

/** A line of a log is read by machines that give up on long ones, and by people. */
const FIELD_MAX = 8192

/** For `JSON.stringify`: texts without secrets, and none too long. */
export function logged(secrets: readonly string[]): (name: string, value: unknown) => unknown {
  const clean = withoutSecrets(secrets)
  return (_name, value) => (typeof value === 'string' ? shortened(clean(value), FIELD_MAX) : value)
}

export const withoutSecrets =
  (secrets: readonly string[]): ((text: string) => string) =>
  (text) =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, '<redacted>'), text)
