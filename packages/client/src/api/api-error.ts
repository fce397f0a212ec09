import { type ErrorCode, type FieldError, isRetryable, type Problem } from '@parley/protocol';

/** A request that was refused, or that got no answer (`network`). */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly code: ErrorCode | 'network';
  /** HTTP status; 0 when no answer arrived. */
  readonly status: number;
  /** Seconds to wait before a retry may succeed. */
  readonly retryAfter: number | undefined;
  /** The problems of the request, by field. */
  readonly errors: readonly FieldError[];

  constructor(
    code: ErrorCode | 'network',
    message: string,
    more: {
      status?: number;
      retryAfter?: number | undefined;
      errors?: readonly FieldError[] | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.status = more.status ?? 0;
    this.retryAfter = more.retryAfter;
    this.errors = more.errors ?? [];
  }

  /** Returns whether the same request, with the same id, may succeed later. */
  get retryable(): boolean {
    return this.code === 'network' || isRetryable(this.code);
  }
}

/** Returns the body. Reading it may fail if the connection is lost or the request times out. */
export async function textOf(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw new ApiError('network', 'The connection was lost during the response', { cause: error });
  }
}

/** Returns the error of a response that is not a success. */
export async function errorOf(response: Response): Promise<ApiError> {
  const { status } = response;
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(after) ? after : undefined;
  const text = await textOf(response);
  try {
    const problem = JSON.parse(text) as Problem;
    if (typeof problem.code === 'string') {
      return new ApiError(problem.code, problem.detail ?? problem.title, {
        status,
        retryAfter: problem.retryAfter ?? retryAfter,
        errors: problem.errors,
      });
    }
  } catch (error) {
    // An intermediary has answered, for instance with a proxy’s error page.
    return new ApiError('network', `The server answered ${status}`, {
      status,
      retryAfter,
      cause: error,
    });
  }
  return new ApiError('network', `The server answered ${status}`, { status, retryAfter });
}
