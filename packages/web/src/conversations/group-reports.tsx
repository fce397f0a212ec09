import type { ConversationView } from '@parley/client';
import { useState } from 'react';
import { useOpenReportsOf } from '../messages/use-open-reports.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { t } from '../texts/index.ts';
import { UnreadBadge } from '../ui/unread-badge.tsx';

const ReportList = lazyPart(async () => (await import('../messages/report-list.tsx')).ReportList);

/** Lists the open reports of messages of a group for those who may ban in it, and resolves them. */
export function GroupReports({ view }: { view: ConversationView }) {
  const [open, setOpen] = useState(false);
  const reports = useOpenReportsOf(view.id);
  return (
    <details className="mt-5" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="cursor-pointer py-2 font-medium text-sm text-soft pointer-coarse:py-3">
        {t('reports.ofGroup')}{' '}
        {reports > 0 && (
          <UnreadBadge count={reports} text={t('reports.open', { count: reports })} />
        )}
      </summary>
      {open && <ReportList group={view.id} />}
    </details>
  );
}
