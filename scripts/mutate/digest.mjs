import { createHash } from 'node:crypto';

/** Returns the digest of a text. */
export const digestOf = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);
