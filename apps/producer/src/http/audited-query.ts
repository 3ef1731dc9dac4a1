/**
 * What an audit line tells of a query: the parameters that the operation documents, and no other. A caller that knows no
 * better puts its key into the URL, under whatever name.
 */
import type { Request } from 'express'
import { listQuery } from './dead-letters.ts'

/** Of the operations that are audited, those with a query; a test compares them with the documented ones. */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  'GET /v1/admin/dead-letters': Object.keys(listQuery.shape),
}

/** @returns `undefined` where there is nothing to tell */
export function auditedQuery(
  method: string,
  path: string,
  query: Request['query'],
): Readonly<Record<string, unknown>> | undefined {
  // As the router reads a path.
  const operation = `${method} ${path.toLowerCase().replace(/\/$/, '')}`
  const told = (DOCUMENTED[operation] ?? []).filter((name) => query[name] !== undefined)
  return told.length === 0 ? undefined : Object.fromEntries(told.map((name) => [name, query[name]]))
}
