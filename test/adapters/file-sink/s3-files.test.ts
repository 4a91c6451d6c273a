import { emulated } from '../aws/emulated.ts'
import { s3FilesLaw } from './s3-files-law.ts'

s3FilesLaw('an emulated bucket', await emulated())
