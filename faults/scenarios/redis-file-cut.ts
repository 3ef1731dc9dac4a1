import { appendFileSync, existsSync, statSync } from 'node:fs'
import type { Stage } from '../stage/stage.ts'
import { untilIntakeIsBack } from './intake.ts'
import type { Scenario } from './scenario.ts'

/** A transaction of which the second write is cut: what a script that was being written leaves. */
const HALF_WRITTEN = [
  '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$5\r\nMULTI\r\n',
  '*3\r\n$3\r\nSET\r\n$15\r\n{manifold}:half\r\n$4\r\ndone\r\n',
  '*3\r\n$3\r\nSET\r\n$15\r\n{manifold}:ot',
].join('')

/** Redis dies and leaves half a write at the end of its file. @returns how long intake took to be back */
export async function cutFile(stage: Stage): Promise<number> {
  await stage.redis.kill()
  const file = stage.redis.file()
  const { size } = statSync(file)
  appendFileSync(file, HALF_WRITTEN)
  const refusal = await stage.redis.start([['aof-load-truncated', 'no']]).then(
    () => 'it started',
    (error: unknown) => String(error),
  )
  stage.expect(
    refusal.includes('aof-load-truncated'),
    'a cut file that may not be cut shorter is told of',
    refusal,
  )
  await stage.redis.start([['aof-load-truncated', 'yes']])
  const backMs = await untilIntakeIsBack(stage)
  // Nor may it at a later start: each cut looks for what those before have left.
  stage.expect(
    (await stage.redis.command('EXISTS', '{manifold}:half')) === 0,
    'half a script leaves nothing',
    'its first write is there',
  )
  // A file that has grown long is written anew, and is gone then.
  const isWhole = !existsSync(file) || statSync(file).size >= size
  stage.expect(isWhole, 'nothing whole is cut', 'the file is shorter than before')
  return backMs
}

export const redisFileCut: Scenario = {
  name: 'redis-file-cut',
  title: 'Redis dies in the middle of a write under load: the end of its append-only file is cut',
  promise:
    'with aof-load-truncated yes it starts and nothing answered is lost; with no it refuses, and says so',
  run: async (stage) => {
    const load = stage.load()
    for (let cuts = 0; cuts < stage.size(1, 4); cuts++) {
      const before = load.accepted()
      await stage.until('more load', () => load.accepted() >= before + stage.size(100, 500))
      await cutFile(stage)
    }
    await load.stop()
    stage.note(`${String(stage.size(1, 4))} times`)
  },
}
