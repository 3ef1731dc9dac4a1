/** The stages of one attempt: render → authenticate → send → classify. Deciding is the domain's. */
export * from './authenticate.ts'
export * from './call-handler.ts'
export * from './classify.ts'
export * from './client.ts'
export * from './deadline.ts'
export * from './network-policy.ts'
export * from './render.ts'
export * from './send.ts'
