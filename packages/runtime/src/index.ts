/** What every process is built on: logs, metrics, health, background work and shutdown. Imports no sibling. */
export * from './background.ts'
export * from './deadline.ts'
export * from './failpoint.ts'
export * from './health-server.ts'
export * from './logger.ts'
export * from './metrics.ts'
export * from './shutdown.ts'
export * from './version.ts'
