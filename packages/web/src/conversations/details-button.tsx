import type { ConversationId } from '@parley/protocol';
import { Info } from 'lucide-react';
import { useOpenReportsOf } from '../messages/use-open-reports.ts';
import { t } from '../texts/index.ts';
import { IconButton } from '../ui/button.tsx';
import { UnreadBadge } from '../ui/unread-badge.tsx';

/** Opens the details, and shows how many reports a moderator of the group finds there. */
export function DetailsButton({
  group,
  isOpen,
  onClick,
}: {
  group: ConversationId;
  isOpen: boolean;
  onClick: () => void;
}) {
  const reports = useOpenReportsOf(group);
  return (
    <span className="relative">
      <IconButton label={t('conversation.details')} aria-expanded={isOpen} onClick={onClick}>
        <Info size={19} />
      </IconButton>
      {reports > 0 && (
        <UnreadBadge
          count={reports}
          text={t('reports.open', { count: reports })}
          className="-end-1 -top-1 pointer-events-none absolute"
        />
      )}
    </span>
  );
}
