import { clicks } from './templates/clicks.ts'
import { kafka } from './templates/kafka.ts'
import { kinesis } from './templates/kinesis.ts'
import { logAlerts } from './templates/log-alerts.ts'
import { s3 } from './templates/s3.ts'
import { sessions } from './templates/sessions.ts'
import { lines, type ProjectFile, type Template } from './templates/template.ts'

export const templates = {
  clicks,
  'log-alerts': logAlerts,
  sessions,
  s3,
  kinesis,
  kafka,
} as const satisfies Record<string, Template>
export type TemplateName = keyof typeof templates

/** All files of a new project; `dependency` is what npm is to install as `sluice`. */
export function projectFiles(name: string, template: TemplateName, dependency: string): ProjectFile[] {
  const { files, about, hints, ignored = [] }: Template = templates[template]
  return [
    ...files(name),
    {
      path: 'package.json',
      text: json({
        name,
        private: true,
        type: 'module',
        engines: { node: '>=24' },
        scripts: {
          start: 'sluice dev src/app.ts',
          test: "node --test 'src/**/*.test.ts'",
          typecheck: 'tsc --noEmit -p .',
        },
        dependencies: { sluice: dependency },
      }),
    },
    { path: 'tsconfig.json', text: json({ compilerOptions, include: ['src'] }) },
    { path: 'README.md', text: readme(name, about, hints) },
    { path: '.gitignore', text: ['node_modules/', '.sluice/', ...ignored, ''].join('\n') },
  ]
}

/** Node runs the files as they are, by leaving the types out. */
const compilerOptions = {
  target: 'es2024',
  lib: ['esnext'],
  types: ['node'],
  module: 'nodenext',
  strict: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
}

const readme = (name: string, about: string, hints: readonly string[]): string => lines`
  # ${name}

  ${about[0].toUpperCase() + about.slice(1)}. \`npm install && npm start\` runs it, and again whenever a file changes.

${hints.map(listed).join('\n')}
  * State is kept in \`.sluice/\`: stop it, start it again, and the numbers go on. \`npm start -- --fresh\` begins anew.
  * \`npm test\` runs \`src/app.test.ts\`: records in, batches out, and no time passes.
  * \`npm run typecheck\` needs \`npm install --save-dev typescript @types/node\`, once.
  * \`npx sluice --help\` lists the commands, \`npx sluice explain <code>\` explains an error.
`

/** A point of the list, or what goes on behind one. */
const listed = (hint: string): string => `  ${hint.startsWith('  ') ? '' : '* '}${hint}`

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
