import { ApiError } from '@parley/client';
import { MutationCache, type Query, QueryClient, type QueryFilters } from '@tanstack/react-query';
import { toast } from 'sonner';
import { errorMessage } from '../lib/text.ts';

declare module '@tanstack/react-query' {
  interface Register {
    mutationMeta: {
      /** What is said when the change is made. */
      readonly done?: string;
      /** The error is shown where the change was made, for instance in a form, and not as a toast. */
      readonly showsError?: boolean;
    };
  }
}

/** How often a request is repeated that got no answer, or that the server could not handle. */
const RETRIES = 2;
const FIRST_RETRY_MS = 500;
/** Longest time for which a retry waits for the server, ms; a longer one is left to the user. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Returns whether a request is repeated. What the server has refused, it refuses again: only what got no
 * answer, or an error of the server that passes, is tried again.
 */
export function isRetried(failures: number, error: unknown): boolean {
  if (failures >= RETRIES || !(error instanceof ApiError)) return false;
  if (error.status >= 400 && error.status < 500) return false;
  return error.retryable && (error.retryAfter ?? 0) * 1_000 <= LONGEST_WAIT_MS;
}

/** Returns the time before a request is repeated, ms: what the server asks for, or longer each time. */
export function retryDelay(failures: number, error: unknown): number {
  const asked = error instanceof ApiError ? error.retryAfter : undefined;
  return Math.max((asked ?? 0) * 1_000, FIRST_RETRY_MS * 2 ** failures);
}

/**
 * Options of what a form shows. It is requested each time that the form is opened and not while it is open: that
 * would replace what is being typed.
 */
export const FORM = {
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: 0,
} as const;

/** Returns a cache for what one session requests over REST. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // What is in the cache is shown at once and requested again whenever it is shown, the page becomes
        // visible, or the connection is back: events tell of some changes only.
        staleTime: 0,
        retry: isRetried,
        retryDelay,
      },
      // A change that waited for the network could be made much later, when it is no longer expected.
      mutations: { networkMode: 'always', retry: false },
    },
    mutationCache: new MutationCache({
      onSuccess: (_data, _variables, _result, { meta }) => {
        if (meta?.done !== undefined) toast.success(meta.done);
      },
      onError: (error, _variables, _result, { meta }) => {
        if (!meta?.showsError) toast.error(errorMessage(error));
      },
    }),
  });
}

/**
 * Requests again what is shown of a part of the cache, and drops the rest of that part: what is known to be
 * outdated is not shown later either. A request for another page of a list goes on.
 */
export async function refresh(client: QueryClient, filter: QueryFilters): Promise<void> {
  client.removeQueries({ ...filter, type: 'inactive' });
  const isOutdated = (query: Query) => query.state.fetchStatus === 'fetching';
  const wasRequested = client.getQueryCache().findAll(filter).some(isOutdated);
  await client.invalidateQueries(filter, { cancelRefetch: false });
  // An answer that was on its way may be from before the change.
  if (wasRequested) await client.invalidateQueries(filter, { cancelRefetch: false });
}
