/**
 * Tracing: which spans Manifold makes, in its own words, and OpenTelemetry behind them, which is loaded only where it is
 * asked for. The only user of OpenTelemetry.
 */
export * from './no-tracing.ts'
export * from './start-tracing.ts'
export type * from './tracing.ts'
