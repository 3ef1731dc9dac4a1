/** Every operation of the HTTP API; a contract test compares the list with the routes of the application. */
import type { Operation } from '../operation.ts'
import { batchOperations } from './batch.ts'
import { deadLetterOperations } from './dead-letters.ts'
import { eventOperations } from './events.ts'
import { operateOperations } from './operate.ts'
import { sourceOperations } from './sources.ts'
import { streamOperations } from './streams.ts'
import { targetOperations } from './targets.ts'

export const OPERATIONS: readonly Operation[] = [
  ...eventOperations,
  ...streamOperations,
  ...batchOperations,
  ...sourceOperations,
  ...deadLetterOperations,
  ...targetOperations,
  ...operateOperations,
]
