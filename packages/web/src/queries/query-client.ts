import { ApiError } from '@parley/client';
import { MutationCache, type Query, QueryClient, type QueryFilters } from '@tanstack/react-query';
import { errorMessage } from '../lib/text.ts';
import { toast } from '../ui/toast.ts';

declare module '@tanstack/react-query' {
  interface Register {
    mutationMeta: {
      /** The toast after a successful change. */
      readonly done?: string;
      /** The error is shown where the change was made, for instance in a form, and not as a toast. */
      readonly showsError?: boolean;
    };
  }
}

/** How often a request is retried that got no answer, or that the server could not handle. */
const RETRIES = 2;
const FIRST_RETRY_MS = 500;
/** Longest time for which a retry waits for the server, ms; a longer one is left to the user. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Returns whether to retry a request: only without an answer, or after a transient server error.
 * Refusals are not retried.
 */
export function isRetried(failures: number, error: unknown): boolean {
  if (failures >= RETRIES || !(error instanceof ApiError)) return false;
  if (error.status >= 400 && error.status < 500) return false;
  return error.retryable && (error.retryAfter ?? 0) * 1_000 <= LONGEST_WAIT_MS;
}

/** Returns the delay before a retry, ms: as the server says, or increasing. */
export function retryDelay(failures: number, error: unknown): number {
  const retryAfter = error instanceof ApiError ? error.retryAfter : undefined;
  return Math.max((retryAfter ?? 0) * 1_000, FIRST_RETRY_MS * 2 ** failures);
}

/**
 * Query options of forms: fetched whenever the form is opened, but not while it is open, which
 * would overwrite user input.
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
        // Cached data is shown at once and refetched whenever it is mounted, the page becomes
        // visible, or the connection is restored, because not all changes have events.
        staleTime: 0,
        retry: isRetried,
        retryDelay,
      },
      // A change that waited for the network could be made much later, when no longer expected.
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
 * Refetches the displayed queries under a key, and drops the others, so that outdated data is not
 * shown later. A request for another page of a list continues.
 */
export async function refresh(client: QueryClient, filter: QueryFilters): Promise<void> {
  client.removeQueries({ ...filter, type: 'inactive' });
  const isOutdated = (query: Query) => query.state.fetchStatus === 'fetching';
  const wasRequested = client.getQueryCache().findAll(filter).some(isOutdated);
  await client.invalidateQueries(filter, { cancelRefetch: false });
  // An answer in flight may be from before the change.
  if (wasRequested) await client.invalidateQueries(filter, { cancelRefetch: false });
}
