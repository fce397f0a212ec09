import { refusal } from '@parley/protocol';
import type { z } from 'zod';
import { RefusalError } from './errors.ts';

/**
 * Opaque page cursors of lists: base64url of JSON. They are not secret and not trusted; a cursor from
 * a client is validated against its schema.
 */
export const pageCursor = {
  write: (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url'),

  /**
   * Returns the position of a cursor, or null without one.
   * @param field the name of the parameter, for the message
   * @throws {RefusalError} if the cursor is malformed
   */
  read<T>(text: string | undefined, schema: z.ZodType<T>, field = 'after'): T | null {
    if (text === undefined) return null;
    try {
      return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    } catch (error) {
      const description = `${field} is not a valid page cursor`;
      throw Object.assign(new RefusalError(refusal('invalid', description)), { cause: error });
    }
  },
};
