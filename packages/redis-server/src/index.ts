/** A private Redis for development and tests: found, installed if need be, and run. Never used against a given REDIS_URL. */
export * from './find.ts'
export * from './install.ts'
export * from './server.ts'
export * from './cluster.ts'
export * from './replicated.ts'
export * from './speak.ts'
