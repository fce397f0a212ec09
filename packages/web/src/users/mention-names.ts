import type { ClientSnapshot } from '@parley/client';
import { type Mention, type NameOf, nameOfMentions } from '@parley/protocol';
import { useEffect, useMemo } from 'react';
import { useClient, useParley } from '../session/use-client.ts';

type Known = Pick<ClientSnapshot, 'users' | 'userGroups' | 'conversations'>;

/**
 * Returns what a conversation shows for a mention: the current name of the user or group. Undefined: what
 * was typed, because the name is not known here, or it is no name.
 */
export function shownMention(mention: Mention, known: Known): string | undefined {
  switch (mention.kind) {
    case 'user': {
      const user = known.users.get(mention.id);
      return user && `@${user.displayName}`;
    }
    case 'user_group': {
      const group = known.userGroups.get(mention.id);
      return group && `@${group.name}`;
    }
    case 'group': {
      const name = known.conversations.get(mention.id)?.name;
      return name ? `#${name}` : undefined;
    }
    default:
      return undefined;
  }
}

/** Returns what excerpts show for mentions; loads the users that are not known yet. */
export function useNameOf(mentions: readonly Mention[] | undefined): NameOf | undefined {
  const client = useClient();
  const hasSome = mentions !== undefined && mentions.length > 0;
  // Most messages mention no one: those are not shown again when a user changes.
  const users = useParley((s) => (hasSome ? s.users : null));
  const userGroups = useParley((s) => (hasSome ? s.userGroups : null));
  const conversations = useParley((s) => (hasSome ? s.conversations : null));
  useEffect(() => {
    for (const mention of mentions ?? []) if (mention.kind === 'user') client.loadUser(mention.id);
  }, [client, mentions]);
  return useMemo(
    () =>
      users && userGroups && conversations
        ? nameOfMentions(mentions, (one) => shownMention(one, { users, userGroups, conversations }))
        : undefined,
    [mentions, users, userGroups, conversations],
  );
}
