/** The receiver as a process of its own, which outlives every kill. Arguments: the log file. */
import { announceReady, endWithParent } from '@manifold/runtime'
import { startReceiver } from './receiver.ts'

endWithParent()
const [logFile = ''] = process.argv.slice(2)
announceReady(await startReceiver({ logFile, random: Math.random }))
