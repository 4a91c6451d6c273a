import type { StagePlace } from '../../lib/hosts/serverless/place.ts'

/** What the plugin says about a stage, of which a test says what counts for it. */
export const stagePlaceOf = (known: Partial<StagePlace>): StagePlace => ({
  service: 'it',
  stage: 'dev',
  region: 'us-east-1',
  keeps: false,
  table: 'it-dev-sluice',
  bucket: null,
  coordinator: 'it-dev-coordinator',
  app: 'app.ts',
  slots: 2,
  code: null,
  alarms: false,
  memorySize: { coordinator: 512, task: 512, output: 512, receiver: 256 },
  timeout: { coordinator: 300, task: 240, output: 240 },
  environment: {},
  ...known,
})
