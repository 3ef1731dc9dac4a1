/** The receiver as a process of its own, which outlives every kill. Arguments: the log file, a seed. */
import { announceReady, endWithParent } from '@manifold/runtime'
import { seeded } from '../random.ts'
import { startReceiver } from './receiver.ts'

endWithParent()
const [logFile = '', seed = '0'] = process.argv.slice(2)
announceReady(await startReceiver({ logFile, random: seeded(Number(seed)).next }))
