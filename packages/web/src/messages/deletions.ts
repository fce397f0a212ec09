import type { ParleyClient, TimelineMessage } from '@parley/client';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { useEffect, useSyncExternalStore } from 'react';
import { deletions, UNDO_MS } from '../lib/delayed.ts';
import { useAccountId, useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';
import { dropDeletion, nextStep, pendingDeletions, recordDeletion } from './deletion-journal.ts';

interface Place {
  readonly conversation: ConversationId;
  readonly seq: Seq;
}

const keyOf = ({ conversation, seq }: Place): string => `${conversation} ${seq}`;

/** Deletes a message, and removes it from the journal once the server has answered. */
function send(client: ParleyClient, account: AccountId, { conversation, seq }: Place): void {
  const drop = () => dropDeletion(account, { conversation, seq });
  client.remove(conversation, seq).settled.then(drop, drop);
}

/** The deletion of a message, which can be undone for a short time. */
export interface Deletion {
  /** Whether the message is about to be deleted. */
  readonly isDeleting: boolean;
  start(): void;
  undo(): void;
}

/** Returns whether a message is about to be deleted, and functions that delete it and undo the deletion. */
export function useDeletion(message: TimelineMessage): Deletion {
  const client = useClient();
  const account = useAccountId();
  const { conversation, seq } = message;
  const key = keyOf(message);
  const isDeleting = useSyncExternalStore(deletions.subscribe, () => deletions.has(key));
  const undo = () => {
    deletions.undo(key);
    dropDeletion(account, { conversation, seq });
    toast.dismiss(key);
  };
  const start = () => {
    recordDeletion(account, { conversation, seq, at: Date.now() });
    deletions.add(key, () => {
      send(client, account, { conversation, seq });
      // A toast stays longer while the mouse is on it.
      toast.dismiss(key);
    });
    toast(t('message.deletedNotice'), {
      id: key,
      duration: UNDO_MS,
      action: { label: t('message.undo'), onClick: undo },
    });
  };
  return { isDeleting, start, undo };
}

/** Sends the deletions that an earlier page had no time to send. Other tabs send their own. */
export function usePendingDeletions(): void {
  const client = useClient();
  const account = useAccountId();
  const isLive = useParley((s) => s.state) === 'live';
  useEffect(() => {
    if (!isLive) return;
    const pending = pendingDeletions(account);
    const timers = pending.map((deletion) =>
      setTimeout(
        () => {
          const key = keyOf(deletion);
          const isPending = pendingDeletions(account).some((one) => keyOf(one) === key);
          if (isPending && !deletions.has(key)) void complete(client, account, deletion);
        },
        Math.max(0, Math.min(UNDO_MS, deletion.at + UNDO_MS - Date.now())),
      ),
    );
    return () => {
      for (const timer of timers) clearTimeout(timer);
    };
  }, [client, account, isLive]);
}

async function complete(client: ParleyClient, account: AccountId, place: Place): Promise<void> {
  const next = await nextStep(() => client.api.message(place.conversation, place.seq));
  if (next === 'send') send(client, account, place);
  else if (next === 'drop') dropDeletion(account, place);
}
