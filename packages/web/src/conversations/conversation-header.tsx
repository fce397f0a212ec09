import type { ConversationView } from '@parley/client';
import { useNavigate } from '@tanstack/react-router';
import { Search } from 'lucide-react';
import { useParley } from '../session/use-client.ts';
import { FavoriteButton } from '../sidebar/favorite-button.tsx';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Avatar } from '../ui/avatar.tsx';
import { BackLink } from '../ui/back-link.tsx';
import { IconButton } from '../ui/button.tsx';
import type { ShownPresence } from '../users/shown-presence.ts';
import { StatusEmoji } from '../users/status-emoji.tsx';
import { usePresenceOf } from '../users/use-presence-of.ts';
import { ConversationTitle } from './conversation-title.tsx';
import { DetailsButton } from './details-button.tsx';
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
  const toggleDetails = () => showDetails(details === null ? 'all' : null);
  return (
    <header className="flex items-center gap-2.5 border-line border-b px-2 pt-[max(0.5rem,env(safe-area-inset-top))] pb-2 sm:px-4">
      <BackLink />
      {view.kind === 'direct' ? (
        <Avatar id={view.peer ?? view.id} name={title} presence={peerState ?? undefined} />
      ) : (
        <GroupIcon group={view} className="bg-accent-soft text-accent-strong" />
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keyboard has the button for it; this is a larger target for pointers. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above. */}
      <div className="min-w-0 flex-1 cursor-pointer" onClick={toggleDetails}>
        <h1 className="truncate font-semibold leading-tight">
          <ConversationTitle view={view} />
          {view.peer && <StatusEmoji id={view.peer} />}
        </h1>
        <Subtitle view={view} peerState={peerState} />
      </div>
      {view.archivedAt === null && <FavoriteButton id={view.id} />}
      <IconButton
        label={t('conversation.search')}
        onClick={() => void navigate({ to: '/search', search: { q: `in:${view.id}` } })}
      >
        <Search size={19} />
      </IconButton>
      <DetailsButton group={view.id} isOpen={details !== null} onClick={toggleDetails} />
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
  const [note, about] =
    view.kind === 'group' || (view.peers?.length ?? 0) > 1
      ? [t('common.members', { count: view.memberCount }), view.topic]
      : peerState === null
        ? [t('conversation.onlyYou')]
        : [t(PEER_STATES[peerState]), status?.text];
  return (
    <p className="flex overflow-hidden whitespace-pre text-note text-muted leading-tight">
      <span className="shrink-0">{about ? `${note} · ` : note}</span>
      <bdi className="truncate">{about}</bdi>
    </p>
  );
}
