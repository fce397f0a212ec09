import { draftKey } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type DeviceDraft, deviceDrafts } from '../composer/drafts/stored-draft.ts';
import { useAccountId, useClient, useParley } from '../session/use-client.ts';

/**
 * Returns the keys of all drafts, on any device: that of a conversation is its id. Without a connection also those that
 * were written since on this device.
 *
 * @param open the open conversation, whose message field shows its draft
 */
export function useDrafts(open: ConversationId | undefined): ReadonlySet<string> {
  const client = useClient();
  const account = useAccountId();
  const isLive = useParley((s) => s.state) === 'live';
  const [drafts, setDrafts] = useState<ReadonlySet<string>>(new Set());
  useEffect(
    () =>
      client.on('draft', (change) => {
        const key = draftKey(change);
        setDrafts((now) => {
          if (now.has(key) === (change.draft !== null)) return now;
          const next = new Set(now);
          if (change.draft === null) next.delete(key);
          else next.add(key);
          return next;
        });
      }),
    [client],
  );
  const openNow = useRef(open);
  openNow.current = open;
  useEffect(() => {
    if (!isLive) return;
    const load = async () => {
      await client.drafts.load();
      // The message fields of the open conversation save their drafts themselves.
      const isUnsaved = ({ isUnsaved, conversation }: DeviceDraft) =>
        isUnsaved && conversation !== openNow.current;
      const unsaved = deviceDrafts(account).filter(isUnsaved);
      if (unsaved.length === 0) return;
      const { saveDrafts } = await import('../composer/drafts/save-drafts.ts');
      await saveDrafts(client, account, unsaved);
    };
    // Retried at the next connection.
    load().catch(() => undefined);
  }, [client, account, isLive]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was typed is known when its conversation is left
  return useMemo(
    () => (isLive ? drafts : new Set([...drafts, ...deviceDrafts(account).map(draftKey)])),
    [account, isLive, drafts, open],
  );
}
