import type { ConversationView } from '@parley/client';
import { Link, useParams } from '@tanstack/react-router';
import { CheckCheck, Compass, Plus, Search, TextSearch, VolumeX } from 'lucide-react';
import { useMemo, useState } from 'react';
import { toast } from 'sonner';
import { BrowseGroups } from '../conversations/browse-groups.tsx';
import { ConversationTitle } from '../conversations/conversation-title.tsx';
import { CreateGroup } from '../conversations/create-group.tsx';
import { GroupIcon } from '../conversations/group-icon.tsx';
import { byActivity, titleOf } from '../conversations/naming.ts';
import { NewDirect } from '../conversations/new-direct.tsx';
import { excerpt } from '../lib/display-text.ts';
import { errorMessage } from '../lib/text.ts';
import { useMuted } from '../notifications/use-muted.ts';
import { useServerName } from '../session/server-name.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { Logo } from '../ui/logo.tsx';
import { UnreadBadge } from '../ui/unread-badge.tsx';
import { useShownPresence } from '../users/shown-presence.ts';
import { StatusEmoji } from '../users/status-emoji.tsx';
import { useSubscription } from '../users/use-presence-of.ts';
import { UsersList } from '../users/user-list.tsx';
import { UserName } from '../users/user-name.tsx';
import { ActivityLink } from './activity-link.tsx';
import { OwnMenu } from './own-menu.tsx';
import { Section } from './sidebar-section.tsx';
import { ThreadsLink } from './threads-link.tsx';

/** Maximum length of a message preview, in characters. */
const PREVIEW = 120;
/** Number of direct conversations, the latest first, that show the presence of the other user. */
const SUBSCRIBED_PEERS = 60;

/** Lists the conversations and the people. */
export function Sidebar({ onSearch }: { onSearch: () => void }) {
  const conversations = useParley((s) => s.conversations);
  const serverName = useServerName();
  const mayCreate = useParley((s) => s.me?.permissions.includes('create_groups') === true);
  const mayBrowse = useParley((s) => s.me?.permissions.includes('browse_groups') === true);
  const [dialog, setDialog] = useState<'create' | 'browse' | 'direct' | null>(null);
  const isMuted = useMuted();
  const [groups, archived, directs] = useMemo(() => {
    const all = [...conversations.values()].sort(byActivity);
    const groups = all.filter((c) => c.kind === 'group');
    return [
      groups.filter((c) => c.archivedAt === null),
      groups.filter((c) => c.archivedAt !== null),
      all.filter((c) => c.kind === 'direct'),
    ];
  }, [conversations]);
  useSubscription(
    useMemo(() => directs.flatMap((c) => c.peer ?? []).slice(0, SUBSCRIBED_PEERS), [directs]),
  );
  return (
    <nav
      aria-label={t('sidebar.name')}
      className="flex h-full flex-col border-line bg-sidebar md:border-r"
    >
      <header className="flex items-center gap-2.5 px-3.5 pt-[max(0.75rem,env(safe-area-inset-top))] pb-2">
        <Logo size={30} />
        <span className="min-w-0 flex-1 truncate font-semibold text-[17px] tracking-tight">
          <bdi>{serverName}</bdi>
        </span>
        <MarkAllRead />
        <OwnMenu />
      </header>
      <div className="flex gap-1.5 px-3.5 pb-2">
        <button
          type="button"
          onClick={onSearch}
          className="flex h-10 min-w-0 flex-1 items-center gap-2.5 rounded-lg border border-line bg-canvas px-3 text-left text-muted text-sm hover:border-muted/50"
        >
          <Search size={16} /> <span className="flex-1 truncate">{t('sidebar.find')}</span>
          <kbd className="hidden font-sans text-[11px] md:inline">{t('sidebar.findShortcut')}</kbd>
        </button>
        <Link
          to="/search"
          search={{ q: '' }}
          aria-label={t('sidebar.searchMessages')}
          title={t('sidebar.searchMessages')}
          className="inline-flex size-10 shrink-0 items-center justify-center rounded-lg border border-line text-muted hover:bg-hover hover:text-ink"
        >
          <TextSearch size={18} />
        </Link>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-4">
        <ActivityLink />
        <ThreadsLink />
        <Section
          title={t('sidebar.groups')}
          actions={
            <>
              {mayBrowse && (
                <IconButton
                  label={t('sidebar.browseGroups')}
                  className="size-8"
                  onClick={() => setDialog('browse')}
                >
                  <Compass size={17} />
                </IconButton>
              )}
              {mayCreate && (
                <IconButton
                  label={t('sidebar.createAGroup')}
                  className="size-8"
                  onClick={() => setDialog('create')}
                >
                  <Plus size={18} />
                </IconButton>
              )}
            </>
          }
        >
          {groups.map((c) => (
            <Entry key={c.id} conversation={c} isMuted={isMuted(c.id)} />
          ))}
        </Section>
        <Section
          title={t('sidebar.directMessages')}
          actions={
            <IconButton
              label={t('newDirect.title')}
              className="size-8"
              onClick={() => setDialog('direct')}
            >
              <Plus size={18} />
            </IconButton>
          }
        >
          {directs.map((c) => (
            <Entry key={c.id} conversation={c} isMuted={isMuted(c.id)} />
          ))}
        </Section>
        {archived.length > 0 && (
          <details className="mt-2">
            <summary className="cursor-pointer px-2 py-2 font-semibold text-[12px] text-muted uppercase tracking-wide">
              {t('sidebar.archived')}
            </summary>
            <ul>
              {archived.map((c) => (
                <Entry key={c.id} conversation={c} isMuted={isMuted(c.id)} />
              ))}
            </ul>
          </details>
        )}
        <UsersList />
      </div>
      <CreateGroup open={dialog === 'create'} onClose={() => setDialog(null)} />
      <NewDirect open={dialog === 'direct'} onClose={() => setDialog(null)} />
      <BrowseGroups open={dialog === 'browse'} onClose={() => setDialog(null)} />
    </nav>
  );
}

/** Marks all conversations as read; shown while one has unread messages. */
function MarkAllRead() {
  const client = useClient();
  const conversations = useParley((s) => s.conversations);
  const unreadThreads = useParley((s) => s.threads.unread);
  const hasUnread = unreadThreads > 0 || [...conversations.values()].some((c) => c.unread > 0);
  if (!hasUnread) return null;
  const markAllRead = async () => {
    try {
      await client.api.readAll();
    } catch (error) {
      toast.error(t('sidebar.markAllReadFailed'), { description: errorMessage(error) });
    }
  };
  return (
    <IconButton
      label={t('sidebar.markAllRead')}
      className="size-9"
      onClick={() => void markAllRead()}
    >
      <CheckCheck size={18} />
    </IconButton>
  );
}

function Entry({
  conversation,
  isMuted,
}: {
  conversation: ConversationView;
  /** Of a muted conversation only the mentions are counted. */
  isMuted: boolean;
}) {
  const { id } = useParams({ strict: false });
  const users = useParley((s) => s.users);
  const presence = useShownPresence();
  const me = useParley((s) => s.me);
  const title = titleOf(conversation, users);
  const unread = conversation.unread > 0 && !isMuted;
  const selected = id === conversation.id;
  const { lastMessage } = conversation;
  const author =
    lastMessage &&
    (lastMessage.author === me?.id ? t('sidebar.you') : users.get(lastMessage.author)?.displayName);
  const preview = lastMessage && (
    <>
      {conversation.kind === 'group' && author && (
        <>
          {lastMessage.author === me?.id ? (
            author
          ) : (
            <UserName id={lastMessage.author} name={author} />
          )}
          :{' '}
        </>
      )}
      <bdi>{excerpt(lastMessage.body, PREVIEW) || t('files.file')}</bdi>
    </>
  );
  return (
    <li>
      <Link
        to="/c/$id"
        params={{ id: conversation.id }}
        aria-current={selected ? 'page' : undefined}
        className={cx(
          'flex min-h-12 items-center gap-2.5 rounded-lg px-2 py-1.5 transition-colors',
          selected ? 'bg-selected' : 'hover:bg-hover',
        )}
      >
        {conversation.kind === 'direct' ? (
          <Avatar
            id={conversation.peer ?? conversation.id}
            name={title}
            presence={conversation.peer ? presence(conversation.peer) : undefined}
          />
        ) : (
          <GroupIcon
            group={conversation}
            className={selected ? 'bg-canvas/60 text-accent' : 'bg-sunken text-muted'}
          />
        )}
        <span className="min-w-0 flex-1">
          <span
            className={cx(
              'block truncate leading-snug',
              unread ? 'font-semibold text-ink' : isMuted ? 'text-muted' : 'text-soft',
            )}
          >
            <ConversationTitle view={conversation} />
            {conversation.peer && <StatusEmoji id={conversation.peer} />}
          </span>
          {preview && (
            <span
              className={cx(
                'block truncate text-[13px] leading-snug',
                unread || selected ? 'text-soft' : 'text-muted',
              )}
            >
              {preview}
            </span>
          )}
        </span>
        {isMuted && (
          <span className="shrink-0 text-muted">
            <VolumeX size={15} aria-hidden />
            <span className="sr-only"> {t('sidebar.muted')}</span>
          </span>
        )}
        {conversation.unreadMentions.length > 0 && (
          <UnreadBadge
            count={conversation.unreadMentions.length}
            isMention
            text={t('sidebar.mentions', { count: conversation.unreadMentions.length })}
          />
        )}
        {unread && <UnreadBadge count={conversation.unread} />}
      </Link>
    </li>
  );
}
