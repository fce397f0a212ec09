import { ApiError, type ParleyClient } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

/**
 * A conversation that the client does not know: a new one whose first event is on its way, or one that
 * does not exist for this account. The server says which.
 */
export function Missing({ id }: { id: ConversationId }) {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
  const [isGone, setGone] = useState(false);
  useEffect(() => {
    if (!isLive) return;
    let isStale = false;
    void exists(client, id).then((does) => {
      if (!isStale && does === false) setGone(true);
    });
    return () => {
      isStale = true;
    };
  }, [client, id, isLive]);
  return (
    <div className="flex h-full flex-col items-center justify-center gap-3 p-6 text-center">
      {isGone ? (
        <>
          <h1 className="font-semibold text-xl">This conversation is not here</h1>
          <p className="max-w-xs text-muted">It may have been deleted, or you are not a member.</p>
          <Link to="/" className="text-accent underline underline-offset-3">
            Back to your conversations
          </Link>
        </>
      ) : (
        <p className="text-muted">One moment…</p>
      )}
    </div>
  );
}

/** Whether the conversation exists for this account; null when the server does not say. */
async function exists(client: ParleyClient, id: ConversationId): Promise<boolean | null> {
  try {
    await client.api.conversation(id);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Anything but a clear answer is followed by another connection, and another question.
    return error.retryable || error.status >= 500 ? null : false;
  }
}
