import { ApiError, type ParleyClient } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';

/**
 * Shown for a conversation that the client does not know: either a new one whose first event has not
 * arrived yet, or one that does not exist for this account. Asks the server which it is.
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
          <h1 className="font-semibold text-xl">{t('missing.title')}</h1>
          <p className="max-w-xs text-muted">{t('missing.intro')}</p>
          <Link to="/" className="text-accent underline underline-offset-3">
            {t('common.backToConversations')}
          </Link>
        </>
      ) : (
        <p className="text-muted">{t('common.loading')}</p>
      )}
    </div>
  );
}

/** Returns whether the conversation exists for this account; null if the server gives no answer. */
async function exists(client: ParleyClient, id: ConversationId): Promise<boolean | null> {
  try {
    await client.api.conversation(id);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // Without a clear answer the check runs again after the next reconnect.
    return error.retryable || error.status >= 500 ? null : false;
  }
}
