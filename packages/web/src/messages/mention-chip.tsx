import type { AccountId, Mention } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useAccountId, useParley } from '../session/use-client.ts';
import { cx } from '../ui/cx.ts';
import { ProfileButton } from '../users/profile-button.tsx';
import { useNames } from '../users/use-names.ts';

const CHIP = 'rounded-md px-1 py-px font-medium';

/** Shows a mention in a text, with the name that the user or the group has now. */
export function MentionChip({ mention, text }: { mention: Mention; text: string }) {
  const me = useAccountId();
  if (mention.kind === 'user') {
    return <User id={mention.id} text={text} isMe={mention.id === me} />;
  }
  if (mention.kind === 'group') return <Group id={mention.id} text={text} />;
  return <span className={cx(CHIP, 'bg-accent text-on-accent')}>{text}</span>;
}

function User({ id, text, isMe }: { id: AccountId; text: string; isMe: boolean }) {
  const user = useParley((s) => s.users).get(id);
  // Loads the user if it is not known.
  useNames(useMemo(() => [id], [id]));
  return (
    <ProfileButton
      id={id}
      title={user && `@${user.username}`}
      className={cx(
        CHIP,
        'hover:underline',
        isMe ? 'bg-accent text-on-accent' : 'bg-accent-soft text-accent-strong',
      )}
    >
      <bdi>{user ? `@${user.displayName}` : text}</bdi>
    </ProfileButton>
  );
}

function Group({ id, text }: { id: string; text: string }) {
  const known = useParley((s) => s.conversations);
  const name = [...known.values()].find((c) => c.id === id)?.name;
  return (
    <Link
      to="/c/$id"
      params={{ id }}
      className={cx(CHIP, 'bg-accent-soft text-accent-strong hover:underline')}
    >
      <bdi>{name ? `#${name}` : text}</bdi>
    </Link>
  );
}
