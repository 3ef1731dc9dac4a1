/** Where Redis is: one server, one that sentinels name, or a cluster. */

export type RedisNode = { readonly host: string; readonly port: number }

type Login = {
  readonly username: string | undefined
  readonly password: string | undefined
  readonly tls: boolean
}

export type RedisAddress =
  /** `redis://`, `rediss://`, or the path of a unix socket. */
  | { readonly kind: 'single'; readonly url: string }
  | (Login & {
      readonly kind: 'sentinel'
      readonly sentinels: readonly RedisNode[]
      /** What the sentinels call the master. */
      readonly master: string
      /** Of the sentinels themselves. */
      readonly sentinelPassword: string | undefined
    })
  | (Login & {
      readonly kind: 'cluster'
      /** Some of its nodes; they tell of the others. */
      readonly nodes: readonly RedisNode[]
    })
