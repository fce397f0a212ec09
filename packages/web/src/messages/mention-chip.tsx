import type { AccountId, Mention, UserGroupId } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { CustomEmojiInText } from '../emoji/custom-emoji-image.tsx';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useUser } from '../session/entries.ts';
import { useAccountId, useParley } from '../session/use-client.ts';
import { cx } from '../ui/cx.ts';
import { useUserGroups } from '../user-groups/use-user-groups.ts';
import { ProfileButton } from '../users/profile-button.tsx';
import { useNames } from '../users/use-names.ts';

const UserGroupDialog = lazyPart(
  async () => (await import('../user-groups/user-group-dialog.tsx')).UserGroupDialog,
);

const CHIP = 'rounded-md px-1 py-px font-medium';
/** The classes of a mention that can be clicked. */
const chip = (isMe: boolean) =>
  cx(
    CHIP,
    'hover:underline',
    isMe ? 'bg-accent text-on-accent' : 'bg-accent-soft text-accent-strong',
  );

/** Shows a mention in a text with the current name of the user or group, or a custom emoji. */
export function MentionChip({ mention, text }: { mention: Mention; text: string }) {
  const me = useAccountId();
  if (mention.kind === 'user') {
    return <User id={mention.id} text={text} isMe={mention.id === me} />;
  }
  if (mention.kind === 'group') return <Group id={mention.id} text={text} />;
  if (mention.kind === 'emoji') return <CustomEmojiInText id={mention.id} text={text} />;
  if (mention.kind === 'user_group') {
    return <UserGroup id={mention.id} text={text} isMe={mention.accounts.includes(me)} />;
  }
  return <span className={cx(CHIP, 'bg-accent text-on-accent')}>{text}</span>;
}

function User({ id, text, isMe }: { id: AccountId; text: string; isMe: boolean }) {
  const user = useUser(id);
  // Loads a user who is not known yet.
  useNames(useMemo(() => [id], [id]));
  return (
    <ProfileButton id={id} className={chip(isMe)}>
      <bdi>{user ? `@${user.displayName}` : text}</bdi>
    </ProfileButton>
  );
}

function UserGroup({ id, text, isMe }: { id: UserGroupId; text: string; isMe: boolean }) {
  const group = useUserGroups().get(id);
  const [isShown, setShown] = useState(false);
  return (
    <>
      <button
        type="button"
        title={group?.title}
        className={chip(isMe)}
        onClick={() => setShown(true)}
      >
        <bdi>{group ? `@${group.name}` : text}</bdi>
      </button>
      {isShown && <UserGroupDialog id={id} onClose={() => setShown(false)} />}
    </>
  );
}

function Group({ id, text }: { id: string; text: string }) {
  const conversations = useParley((s) => s.conversations);
  const name = [...conversations.values()].find((c) => c.id === id)?.name;
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
