import { useAllOpenReports } from '../messages/use-open-reports.ts';
import { t } from '../texts/index.ts';
import { UnreadBadge } from '../ui/unread-badge.tsx';

/** Shows how many reports are open; nothing without one. */
export function ReportBadge({ className }: { className?: string }) {
  const reports = useAllOpenReports();
  return (
    reports > 0 && (
      <UnreadBadge
        count={reports}
        text={t('reports.open', { count: reports })}
        {...(className && { className })}
      />
    )
  );
}
