/**
 * `@peculiar/x509` uses tsyringe, which refuses to load without the metadata functions that `reflect-metadata` puts on
 * `Reflect`. Nothing these tests use has metadata: that there is none is all they need to answer. Import it first.
 */
Object.assign(Reflect, { getMetadata: () => undefined, getOwnMetadata: () => undefined })
