import { Link } from '@tanstack/react-router';
import { CheckCheck, Compass, ListFilter, Plus, Search, TextSearch } from 'lucide-react';
import { memo } from 'react';
import { SetupReminder } from '../onboarding/setup-reminder.tsx';
import { OwnMenu } from '../own-menu/own-menu.tsx';
import { useServerName } from '../session/server-name.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { IconButton } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { Logo } from '../ui/logo.tsx';
import { ConversationList } from './conversation-list.tsx';
import type { SidebarDialog } from './dialogs.tsx';
import { markAllRead } from './mark-all-read.ts';

/** Lists the conversations and the people. The layout is rendered at each navigation; the sidebar is not. */
export const Sidebar = memo(function Sidebar({
  onSearch,
  openDialog,
}: {
  onSearch: () => void;
  openDialog: (dialog: SidebarDialog) => void;
}) {
  const serverName = useServerName();
  const mayBrowse = useParley((s) => s.me?.permissions.includes('browse_groups') === true);
  const mayCreate = useParley((s) => s.me?.permissions.includes('create_groups') === true);
  return (
    <nav
      id="sidebar"
      tabIndex={-1}
      aria-label={t('sidebar.name')}
      className="flex h-full flex-col border-line bg-sidebar outline-none md:border-e"
    >
      <header className="flex items-center gap-2.5 px-3.5 pt-[max(0.75rem,env(safe-area-inset-top))] pb-2">
        <Logo size={30} />
        <span className="min-w-0 flex-1 truncate font-semibold text-lg tracking-tight">
          <bdi>{serverName}</bdi>
        </span>
        <MarkAllRead />
        <OwnMenu />
      </header>
      <div className="flex gap-1.5 px-3.5 pb-2">
        <button
          type="button"
          onClick={onSearch}
          data-tour="find"
          className="flex h-9 pointer-coarse:h-11 min-w-0 flex-1 items-center gap-2.5 rounded-lg border border-edge bg-canvas px-3 text-start text-muted text-sm hover:border-muted"
        >
          <Search size={16} /> <span className="flex-1 truncate">{t('sidebar.find')}</span>
          <kbd className="hidden font-sans text-micro pointer-fine:md:inline">
            {t('sidebar.findShortcut')}
          </kbd>
        </button>
        <Link
          to="/search"
          search={{ q: '' }}
          aria-label={t('sidebar.searchMessages')}
          title={t('sidebar.searchMessages')}
          className="inline-flex size-9 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
        >
          <TextSearch size={18} />
        </Link>
        <UnreadOnly />
      </div>
      <SetupReminder />
      <ConversationList
        openDialog={openDialog}
        buttonsOf={(section) => {
          if (section === 'direct') {
            return (
              <IconButton
                label={t('newDirect.title')}
                className="size-8"
                onClick={() => openDialog('direct')}
              >
                <Plus size={18} />
              </IconButton>
            );
          }
          if (section !== 'groups') return null;
          return (
            <>
              {mayBrowse && (
                <IconButton
                  label={t('sidebar.browseGroups')}
                  className="size-8"
                  onClick={() => openDialog('browse')}
                >
                  <Compass size={17} />
                </IconButton>
              )}
              {mayCreate && (
                <IconButton
                  label={t('sidebar.createAGroup')}
                  className="size-8"
                  onClick={() => openDialog('create')}
                >
                  <Plus size={18} />
                </IconButton>
              )}
            </>
          );
        }}
      />
    </nav>
  );
});

/** Shows only conversations with unread messages, on all devices. */
function UnreadOnly() {
  const client = useClient();
  const isOn = useParley((s) => s.sidebar.layout.unreadOnly);
  return (
    <IconButton
      label={t('sidebar.unreadOnly')}
      aria-pressed={isOn}
      className={cx(
        'size-9! pointer-coarse:size-11!',
        isOn && 'bg-accent-soft text-accent-strong hover:text-accent-strong',
      )}
      onClick={() => void attempt(() => client.sidebar.setUnreadOnly(!isOn))}
    >
      <ListFilter size={18} />
    </IconButton>
  );
}

/** Marks all conversations as read; shown while one has unread messages. */
function MarkAllRead() {
  const client = useClient();
  const hasUnread = useParley((s) => {
    if (s.threads.unread > 0) return true;
    for (const view of s.conversations.values()) if (view.unread > 0) return true;
    return false;
  });
  if (!hasUnread) return null;
  return (
    <IconButton
      label={t('sidebar.markAllRead')}
      className="size-9"
      onClick={() => void markAllRead(client)}
    >
      <CheckCheck size={18} />
    </IconButton>
  );
}
