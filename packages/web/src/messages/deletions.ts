import type { TimelineMessage } from '@parley/client';
import { useSyncExternalStore } from 'react';
import { toast } from 'sonner';
import { deletions, UNDO_MS } from '../lib/delayed.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';

const keyOf = ({ conversation, seq }: TimelineMessage): string => `${conversation} ${seq}`;

/** Returns whether a message is about to be deleted, and what deletes it and undoes that. */
export function useDeletion(message: TimelineMessage): {
  readonly isDeleting: boolean;
  start(): void;
  undo(): void;
} {
  const client = useClient();
  const key = keyOf(message);
  const isDeleting = useSyncExternalStore(deletions.subscribe, () => deletions.has(key));
  const undo = () => {
    deletions.undo(key);
    toast.dismiss(key);
  };
  const start = () => {
    deletions.add(key, () => {
      client.remove(message.conversation, message.seq);
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
