import type { ConversationView, ParleyClient } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { useCallback } from 'react';
import { listOf } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { toast } from '../ui/toast.ts';
import {
  mentionedNonMembers,
  rememberSuggested,
  unknownMentions,
} from './completion/suggested-users.ts';

/** How long the notice stays, ms: long enough to add the users. */
const NOTICE_MS = 12_000;

/**
 * Returns a function that is called with the text of a sent message: if it mentions users who are not in
 * the group, it says that they are not notified, and offers to add them if the user may.
 */
export function useNonMemberNotice(view: ConversationView): (text: string) => Promise<void> {
  const client = useClient();
  const { id, kind } = view;
  const mayAdd = view.permissions.includes('add_member');
  return useCallback(
    async (text) => {
      if (kind !== 'group') return;
      await lookUp(client, id, unknownMentions(id, text));
      const users = mentionedNonMembers(id, text);
      if (users.length === 0) return;
      const names = listOf(users.map(({ displayName }) => displayName));
      const add = async () => {
        for (const { account } of users) await client.api.addMember(id, account);
        rememberSuggested(
          id,
          users.map((user) => ({ ...user, isMember: true })),
        );
        toast.success(t('commands.invited', { names }));
      };
      toast(t('composer.notInGroup', { names }), {
        description: t('composer.notNotified'),
        duration: NOTICE_MS,
        ...(mayAdd && {
          action: { label: t('composer.addToGroup'), onClick: () => void attempt(add) },
        }),
      });
    },
    [client, id, kind, mayAdd],
  );
}

/** Finds out who is mentioned by names that were not suggested. Without an answer, there is no notice about them. */
async function lookUp(
  client: ParleyClient,
  id: ConversationId,
  names: readonly string[],
): Promise<void> {
  const find = async (name: string) => {
    const { items } = await client.api.mentionSuggestions(id, { search: name });
    rememberSuggested(
      id,
      items.filter(({ username }) => username.toLowerCase() === name.toLowerCase()),
    );
  };
  await Promise.allSettled(names.map(find));
}
