import { ApiError, type ParleyClient } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { MessageCircleOff } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Banner } from '../ui/banner.tsx';
import { buttonStyle } from '../ui/button-style.ts';
import { Empty } from '../ui/empty.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { ConversationSkeleton } from './conversation-skeleton.tsx';

/**
 * Shown for a conversation that the client does not know: either a new one whose first event has not
 * arrived yet, or one that does not exist for this account. Asks the server which it is.
 */
export function Missing({ id }: { id: ConversationId }) {
  const client = useClient();
  const state = useParley((s) => s.state);
  const isLive = state === 'live';
  // Without a network the connection alternates between waiting and trying.
  const [isOffline, setOffline] = useState(false);
  if (state === 'offline' && !isOffline) setOffline(true);
  if (isLive && isOffline) setOffline(false);
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
  if (!isGone) return isOffline ? <Offline /> : <ConversationSkeleton />;
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <h1 className="flex min-h-10 items-center font-semibold">{t('missing.title')}</h1>
      </PageHeader>
      <div className="flex flex-1 flex-col items-center justify-center p-6">
        <Empty
          icon={<MessageCircleOff size={22} />}
          title={t('missing.title')}
          actions={
            <Link to="/" className={buttonStyle('primary')}>
              {t('common.backToConversations')}
            </Link>
          }
        >
          {t('missing.intro')}
        </Empty>
      </div>
    </div>
  );
}

/** Says that nothing of the conversation is stored on this device. */
function Offline() {
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <h1 className="flex min-h-10 items-center font-semibold">{t('missing.offlineTitle')}</h1>
      </PageHeader>
      <div className="mx-auto w-full max-w-3xl p-4">
        <Banner>{t('common.loadsWhenOnline')}</Banner>
      </div>
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
