import { refusal } from '@parley/protocol';
import type { z } from 'zod';
import { RefusalError } from './errors.ts';

/**
 * Places in a list, as text that means nothing to clients: base64url of JSON. It is not secret and
 * not trusted; it is checked against its schema when it comes back.
 */
export const pageCursor = {
  write: (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url'),

  /** The place, or null without one. Anything that we did not write is refused. */
  read<T>(text: string | undefined, schema: z.ZodType<T>): T | null {
    if (text === undefined) return null;
    try {
      return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    } catch (error) {
      const description = 'after: not a place in this list';
      throw Object.assign(new RefusalError(refusal('invalid', description)), { cause: error });
    }
  },
};
