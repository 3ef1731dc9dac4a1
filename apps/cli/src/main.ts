#!/usr/bin/env node
/** The process of the command line. What it does is in command-line.ts, which comes out of the compile cache. */
import { useCompileCache } from './compile-cache.ts'

useCompileCache()
// Not a plain import: those are all loaded before the first line here runs.
await import('./command-line.ts')
