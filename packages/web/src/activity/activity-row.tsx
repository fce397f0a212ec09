import type { AccountId, ActivityItem, ActivityKind } from '@parley/protocol';
import { Link } from '@tanstack/react-router';
import {
  AtSign,
  CalendarClock,
  Check,
  Clock,
  Flag,
  type LucideIcon,
  MessagesSquare,
  Smile,
  Trash2,
  UserPlus,
  UserRoundPlus,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { ReactionEmoji } from '../emoji/custom-emoji-image.tsx';
import { Excerpt } from '../emoji/excerpt.tsx';
import { JoinedList } from '../lib/joined-list.tsx';
import { messageHash } from '../lib/message-hash.ts';
import { fullTime, timeOfDay } from '../lib/time.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { ConversationTitle } from '../users/conversation-title.tsx';
import { ProfileButton } from '../users/profile-button.tsx';
import { UserName } from '../users/user-name.tsx';
import { type ActivityRow, actorsOf, unreadOf } from './groups.ts';

/** Characters of a message that are shown. */
const EXCERPT = 200;
/** Names that are shown; the rest are “others”. */
const NAMES = 3;

const ICONS: Record<ActivityKind, LucideIcon> = {
  mention: AtSign,
  reply: MessagesSquare,
  reaction: Smile,
  added: UserPlus,
  removed: Trash2,
  reminder: Clock,
  report: Flag,
  scheduled: CalendarClock,
  new_user: UserRoundPlus,
};

/** One row of the activity: what happened, and a link to it. */
export function Row({
  row,
  nameOf,
  onRead,
}: {
  row: ActivityRow;
  nameOf: (id: AccountId) => string;
  onRead: (items: { id: string; seq: number }[]) => void;
}) {
  const [item] = row.items;
  const actors = actorsOf(row);
  const unread = unreadOf(row);
  const Icon = ICONS[item.kind];
  const read = () => {
    if (unread.length > 0) onRead(unread);
  };
  return (
    <li className="group relative flex items-start gap-1">
      <Target item={item} actor={actors[0]} onOpen={read}>
        {actors[0] ? (
          <span className="relative mt-0.5 h-fit shrink-0">
            <Avatar id={actors[0]} name={nameOf(actors[0])} size={36} />
            <span className="absolute -end-2 -bottom-2 flex size-5 items-center justify-center rounded-full border border-line bg-raised text-soft">
              <Icon size={12} />
            </span>
          </span>
        ) : (
          <span className="mt-0.5 flex size-9 shrink-0 items-center justify-center rounded-avatar bg-sunken text-soft">
            <Icon size={18} />
          </span>
        )}
        <span className="min-w-0 flex-1">
          <span className={cx('wrap-anywhere block text-sm', unread.length > 0 && 'font-semibold')}>
            {unread.length > 0 && <span className="sr-only">{t('activity.unreadItem')} </span>}
            <Title item={item} names={<Names ids={actors} of={row} nameOf={nameOf} />} />
          </span>
          {item.excerpt !== null && (
            <span dir="auto" className="wrap-anywhere line-clamp-2 text-body text-soft">
              <Excerpt text={item.excerpt} mentions={item.mentions} characters={EXCERPT} />
            </span>
          )}
          <span className="block text-caption text-muted">
            {item.kind === 'reply' && item.count > 0 && (
              <>{t('activity.newReplies', { count: item.count })} · </>
            )}
            <time dateTime={item.at} title={fullTime(item.at)}>
              {timeOfDay(item.at)}
            </time>
          </span>
        </span>
      </Target>
      {unread.length > 0 && (
        <span className="flex items-center pt-2">
          <IconButton
            label={t('activity.markRead')}
            className="size-9"
            onClick={() => onRead(unread)}
          >
            <Check size={17} />
          </IconButton>
          <span aria-hidden className="size-2 rounded-full border border-transparent bg-accent" />
        </span>
      )}
    </li>
  );
}

const ROW = 'flex min-w-0 flex-1 gap-3 rounded-lg px-2 py-2.5 text-start hover:bg-hover';

/** Opens the subject of an item. */
function Target({
  item: { kind, conversation, message, thread },
  actor,
  onOpen,
  children,
}: {
  item: ActivityItem;
  actor: AccountId | undefined;
  onOpen: () => void;
  children: ReactNode;
}) {
  if (kind === 'scheduled') {
    return (
      <Link to="/scheduled" onClick={onOpen} data-activity className={ROW}>
        {children}
      </Link>
    );
  }
  if (conversation !== null) {
    return (
      <Link
        to="/c/$id"
        params={{ id: conversation }}
        {...(message !== null && kind !== 'removed' && { hash: messageHash(message) })}
        search={thread === null ? {} : { thread }}
        onClick={onOpen}
        data-activity
        className={ROW}
      >
        {children}
      </Link>
    );
  }
  if (kind === 'new_user' && actor) {
    return (
      <span data-activity-user className="flex min-w-0 flex-1">
        <ProfileButton id={actor} className={ROW} onOpen={onOpen}>
          {children}
        </ProfileButton>
      </span>
    );
  }
  return (
    <button type="button" onClick={onOpen} data-activity className={ROW}>
      {children}
    </button>
  );
}

function Title({ item, names }: { item: ActivityItem; names: ReactNode }) {
  const conversations = useParley((s) => s.conversations);
  const view = item.conversation === null ? undefined : conversations.get(item.conversation);
  const parts = {
    names: <>{names}</>,
    place: (
      <>
        {view?.kind === 'group' ? (
          <ConversationTitle view={view} />
        ) : (
          t(view ? 'activity.directMessage' : 'activity.someConversation')
        )}
      </>
    ),
  };
  switch (item.kind) {
    case 'mention':
      if (item.mention === 'everyone')
        return <RichText text="activity.mentionOfEveryone" parts={parts} />;
      if (item.mention === 'here') return <RichText text="activity.mentionOfHere" parts={parts} />;
      return <RichText text="activity.mention" parts={parts} />;
    case 'reply':
      return <RichText text="activity.reply" parts={parts} />;
    case 'reaction':
      return (
        <RichText
          text="activity.reaction"
          parts={{
            ...parts,
            emoji: (
              <>
                {item.emojis.map((emoji) => (
                  <ReactionEmoji key={emoji} emoji={emoji} />
                ))}
              </>
            ),
          }}
        />
      );
    case 'added':
      return <RichText text="activity.added" parts={parts} />;
    case 'removed':
      return <RichText text="activity.removed" parts={parts} />;
    case 'reminder':
      return <RichText text="activity.reminder" parts={{ place: parts.place }} />;
    case 'report':
      return t(`report.${item.resolution ?? 'dismissed'}`);
    case 'scheduled':
      return t('activity.scheduled');
    case 'new_user':
      return <RichText text="activity.newUser" parts={{ names: parts.names }} />;
  }
}

function Names({
  ids,
  of: row,
  nameOf,
}: {
  ids: readonly AccountId[];
  of: ActivityRow;
  nameOf: (id: AccountId) => string;
}) {
  const [item] = row.items;
  const firstIds = ids.slice(0, NAMES);
  const isMore = ids.length > NAMES || (ids.length === NAMES && item.count > NAMES);
  return (
    <JoinedList>
      {firstIds.map((id) => (
        <UserName key={id} id={id} name={nameOf(id)} />
      ))}
      {isMore && t('activity.others')}
    </JoinedList>
  );
}
