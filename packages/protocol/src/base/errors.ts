import { count, seconds } from './bounds.ts';
import { ERRORS, type RefusalCode } from './codes.ts';
import { FieldError } from './field-error.ts';
import { z } from './z.ts';

/** Schema of the error codes. */
export const ErrorCode = z.enum(Object.keys(ERRORS) as [RefusalCode, ...RefusalCode[]]);

export type ErrorCode = RefusalCode;

/** Problem details (RFC 9457) with a `code` and, if fields are invalid, `errors`. */
export const Problem = z
  .object({
    type: z.string().meta({ examples: ['/docs/errors#rate_limited'] }),
    title: z.string(),
    status: count(100, 599),
    code: ErrorCode,
    detail: z.string().optional(),
    /** Seconds to wait before a retry may succeed. */
    retryAfter: seconds().optional(),
    errors: z.array(FieldError).optional(),
    requestId: z.string().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
