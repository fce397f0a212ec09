import { ReportList } from '../messages/report-list.tsx';
import { t } from '../texts/index.ts';
import { PartTitle } from '../ui/part-title.tsx';

/** Lists the open reports of messages, and resolves them. */
export function ReportsPage() {
  return (
    <>
      <PartTitle title={t('reports.title')} description={t('reports.intro')} />
      <ReportList group={null} />
    </>
  );
}
