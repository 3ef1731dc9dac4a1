/** Keys that no two requests share. */

/** 128 random bits as hex. Not crypto.randomUUID, which a page has only over https. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
