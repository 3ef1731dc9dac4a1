/** Manifold under measurement: its parts as the processes an operator would run, with everything on and logs at info. */
import { startProgram, type Program } from './program.ts'
import type { BenchRedis } from './redis.ts'
import type { Receiver } from './receiver.ts'
import type { Scope } from './scope.ts'
import { targetNames } from './target-names.ts'

export type Manifold = {
  readonly targets: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly producer: (scope: Scope) => Promise<Program>
  /** One worker process for these targets; all by default. */
  readonly worker: (scope: Scope, targets?: readonly string[]) => Promise<Program>
}

export type ManifoldOptions = {
  readonly folder: string
  readonly redis: Pick<BenchRedis, 'url'>
  readonly receiver: Pick<Receiver, 'url'>
  /** Default 3. */
  readonly targetCount?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** Any 24 bytes will do: the receiver does not check the signature. */
const SECRET = `whsec_${Buffer.from('only-for-the-benchmarks!').toString('base64')}`

/** Says how the parts are run; starts none of them yet. */
export function setUpManifold(options: ManifoldOptions): Manifold {
  const { folder, redis, receiver, targetCount = 3 } = options
  const targets = targetNames(targetCount)
  const environment = {
    REDIS_URL: redis.url,
    MANIFOLD_CONFIG: 'bench/manifold.config.ts',
    BENCH_SINK_URL: `${receiver.url}/sink`,
    BENCH_SECRET: SECRET,
    BENCH_TARGETS: String(targetCount),
    ...options.environment,
  }
  return {
    targets,
    environment,
    producer: (scope) => startProgram(scope, folder, { entry: 'apps/producer/src/main.ts', environment }),
    worker: (scope, own = targets) =>
      startProgram(scope, folder, {
        entry: 'apps/worker/src/main.ts',
        args: own.flatMap((target) => ['--target', target]),
        environment,
      }),
  }
}
