import type { ConversationView } from '@parley/client';
import { useNavigate } from '@tanstack/react-router';
import { Search, Users } from 'lucide-react';
import { useIsDeactivated } from '../session/entries.ts';
import { useParley } from '../session/use-client.ts';
import { locale, t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Avatar } from '../ui/avatar.tsx';
import { BackLink } from '../ui/back-link.tsx';
import { IconButton } from '../ui/button.tsx';
import type { ShownPresence } from '../ui/presence-dot.tsx';
import { ConversationTitle } from '../users/conversation-title.tsx';
import { StatusEmoji } from '../users/status-emoji.tsx';
import { usePresenceOf } from '../users/use-presence-of.ts';
import { DetailsButton } from './details-button.tsx';
import { FavoriteButton } from './favorite-button.tsx';
import { GroupIcon } from './group-icon.tsx';
import type { Panes } from './use-panes.ts';

/** The line below the name of the other user of a direct conversation. */
const PEER_STATES: Record<ShownPresence, PlainKey> = {
  active: 'conversation.activeNow',
  idle: 'conversation.away',
  busy: 'conversation.doNotDisturb',
  offline: 'conversation.offline',
};

/** The header of a conversation: its name, who is in it, and buttons. */
export function ConversationHeader({
  view,
  title,
  panes: { details, showDetails },
}: {
  view: ConversationView;
  title: string;
  panes: Panes;
}) {
  const navigate = useNavigate();
  const presence = usePresenceOf(view.peer ? [view.peer] : []);
  const peerState = view.peer ? presence(view.peer) : null;
  const isAllShown = details !== null && details !== 'members';
  const toggleDetails = () => showDetails(isAllShown ? null : 'all');
  return (
    <header className="flex items-center gap-2.5 border-line border-b px-2 pt-[max(0.5rem,env(safe-area-inset-top))] pb-2 sm:px-4">
      <BackLink />
      {view.kind === 'direct' ? (
        <Avatar id={view.peer ?? view.id} name={title} presence={peerState ?? undefined} />
      ) : (
        <GroupIcon group={view} className="bg-accent-soft text-accent-strong" />
      )}
      <div className="relative min-w-0 flex-1">
        <h1 className="font-semibold leading-tight">
          {/* The target includes the line below. */}
          <button
            type="button"
            aria-expanded={isAllShown}
            onClick={toggleDetails}
            className="block max-w-full truncate text-start after:absolute after:-inset-y-2 after:inset-x-0 after:rounded-lg"
          >
            <ConversationTitle view={view} />
            {view.peer && <StatusEmoji id={view.peer} />}
          </button>
        </h1>
        <Subtitle view={view} peerState={peerState} />
      </div>
      {view.peer === null && view.memberCount > 1 && (
        <MembersButton
          count={view.memberCount}
          isOpen={details === 'members'}
          onClick={() => showDetails(details === 'members' ? null : 'members')}
        />
      )}
      {view.archivedAt === null && <FavoriteButton id={view.id} />}
      <IconButton
        label={t('conversation.search')}
        onClick={() => void navigate({ to: '/search', search: { q: `in:${view.id}` } })}
      >
        <Search size={19} />
      </IconButton>
      <DetailsButton group={view.id} isOpen={isAllShown} onClick={toggleDetails} />
    </header>
  );
}

/** The line below the name: the members and the topic, or the presence and the status of the other user. */
function Subtitle({
  view,
  peerState,
}: {
  view: ConversationView;
  peerState: ShownPresence | null;
}) {
  const status = useParley((s) => (view.peer ? s.statuses.get(view.peer) : undefined));
  const isDeactivated = useIsDeactivated(view.peer);
  const [note, about] =
    view.kind === 'group' || (view.peers?.length ?? 0) > 1
      ? [t('common.members', { count: view.memberCount }), view.topic]
      : peerState === null
        ? [t('conversation.onlyYou')]
        : isDeactivated
          ? [t('common.deactivated')]
          : [t(PEER_STATES[peerState]), status?.text];
  return (
    <p className="flex overflow-hidden whitespace-pre text-note text-muted leading-tight">
      <span className="shrink-0">{about ? `${note} · ` : note}</span>
      <bdi className="truncate">{about}</bdi>
    </p>
  );
}

/** Opens the list of members. On phones there is no space for it: the title opens the details. */
function MembersButton({
  count,
  isOpen,
  onClick,
}: {
  count: number;
  isOpen: boolean;
  onClick: () => void;
}) {
  const label = t('common.members', { count });
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      aria-expanded={isOpen}
      onClick={onClick}
      className="inline-flex h-10 shrink-0 items-center gap-1.5 rounded-lg px-2.5 text-muted text-sm tabular-nums transition-colors hover:bg-hover hover:text-ink max-sm:hidden pointer-coarse:h-11"
    >
      <Users size={19} aria-hidden="true" />
      {count.toLocaleString(locale)}
    </button>
  );
}
