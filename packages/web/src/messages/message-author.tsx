import type { TimelineMessage } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { useEffect } from 'react';
import { fullTime, hourAndMinute } from '../lib/time.ts';
import { useUser } from '../session/entries.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { ProfileButton } from '../users/profile-button.tsx';
import { StatusEmoji } from '../users/status-emoji.tsx';
import { UserName } from '../users/user-name.tsx';

/** Returns the name of an author, and loads it if necessary. */
export function useAuthorName(id: AccountId): string {
  const client = useClient();
  const me = useParley((s) => s.me);
  const author = useUser(id);
  useEffect(() => client.loadUser(id), [client, id]);
  return author?.displayName ?? (id === me?.id ? me.displayName : t('common.someone'));
}

/** The space next to a message: the avatar of its author, or its time under the pointer. */
export function RowMargin({
  message,
  first,
  name,
}: {
  message: TimelineMessage;
  first: boolean;
  name: string;
}) {
  return (
    <div className="w-9 shrink-0 select-none">
      {first ? (
        <div className="pt-0.5">
          <Avatar id={message.author} name={name} />
        </div>
      ) : (
        <time
          dateTime={message.postedAt}
          title={fullTime(message.postedAt)}
          className="hidden whitespace-nowrap pt-1 text-micro text-muted tabular-nums group-hover:block"
        >
          {hourAndMinute(message.postedAt)}
        </time>
      )}
    </div>
  );
}

/** The line above the first message of a run: who wrote it, and when. */
export function AuthorLine({
  message,
  name,
  time,
}: {
  message: TimelineMessage;
  name: string;
  time: string;
}) {
  return (
    <div className="flex items-baseline gap-2">
      <ProfileButton
        id={message.author}
        className="tap-name -mt-1 min-w-0 pt-1 text-start font-semibold hover:underline"
      >
        <span className="block truncate">
          <UserName id={message.author} name={name} />
          <StatusEmoji id={message.author} />
        </span>
      </ProfileButton>
      <time
        dateTime={message.postedAt}
        title={fullTime(message.postedAt)}
        className="shrink-0 text-caption text-muted tabular-nums"
      >
        {time}
      </time>
    </div>
  );
}
