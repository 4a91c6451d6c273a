import './hosts/embedded/install.ts'

export * from './names.ts'
