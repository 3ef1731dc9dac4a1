import { fromEnvironment } from '@manifold/config'

/** Where the demo's targets find the sandbox. */
export const SANDBOX_URL = fromEnvironment('SANDBOX_URL', 'http://127.0.0.1:4000')
