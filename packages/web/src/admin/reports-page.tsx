import { PartTitle } from '../app/part-title.tsx';
import { ReportList } from '../messages/report-list.tsx';
import { t } from '../texts/index.ts';

/** Lists the open reports of messages, and resolves them. */
export function ReportsPage() {
  return (
    <>
      <PartTitle title={t('reports.title')} description={t('reports.intro')} />
      <ReportList group={null} />
    </>
  );
}
