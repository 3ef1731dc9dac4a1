/** The stages of one attempt: render → authenticate → send → classify. Deciding is the domain's. */
export * from './authenticate.ts'
export * from './classify.ts'
export * from './render.ts'
export * from './send.ts'
