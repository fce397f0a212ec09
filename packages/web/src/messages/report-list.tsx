import { type ConversationId, isolate, type Report } from '@parley/protocol';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Flag } from 'lucide-react';
import { useState } from 'react';
import { ago, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useRefresh } from '../queries/use-refresh.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { toast } from '../ui/toast.ts';
import { Handle, handleOf } from '../users/handle.tsx';
import { SuspendDialog, type Suspension } from '../users/suspend-dialog.tsx';

/** How a report is resolved. */
interface Resolution {
  readonly action: 'dismiss' | 'hide' | 'delete';
  /** The suspension of the author, who is not suspended without it. */
  readonly suspension?: Suspension;
}

/** Lists the open reports of messages of a group, or of all conversations (null), and resolves them. */
export function ReportList({ group }: { group: ConversationId | null }) {
  const client = useClient();
  const reports = useInfiniteQuery(
    pagesQuery(
      keys.reports(group),
      (after: string | undefined, options) => {
        const page = after === undefined ? {} : { after };
        const { reports: api } = client.api;
        if (group === null) return api.allReports(page, options);
        return api.groupReports(group, page, options);
      },
      ({ id }) => id,
    ),
  );
  return (
    <>
      <Loading of={reports} />
      {reports.data?.items.length === 0 && (
        <Empty icon={<Flag size={22} />} title={t('reports.none')} />
      )}
      {reports.data && reports.data.items.length > 0 && (
        <ul className="overflow-hidden rounded-2xl border border-line bg-raised">
          {reports.data.items.map((report) => (
            <Row key={report.id} report={report} />
          ))}
        </ul>
      )}
      <ShowMore of={reports}>{t('common.showMore')}</ShowMore>
    </>
  );
}

/** Says who reported a message. Only admins of the server see which entry of the word filter matched. */
function reporterOf({ reporter, comment }: Report): string {
  if (reporter !== null) return t('reports.by', { name: handleOf(reporter.username) });
  if (comment === '') return t('reports.byWordFilter');
  return t('reports.byWordFilterEntry', { entry: isolate(comment) });
}

function Row({ report }: { report: Report }) {
  const client = useClient();
  const refresh = useRefresh();
  const [isOpen, setOpen] = useState(false);
  const [isSuspending, setSuspending] = useState(false);
  // Only admins of the server suspend accounts.
  const maySuspend = useParley((s) => s.me?.permissions.includes('administer') === true);
  const { conversation, message } = report;
  // A server admin may not be a member, and can read the message only here.
  const undo = {
    label: t('message.unhide'),
    onClick: () => void attempt(() => client.api.moderation.unhideMessage(conversation, message)),
  };
  const send = ({ action, suspension }: Resolution) =>
    client.api.reports.resolveReport(report.id, {
      action,
      ...(suspension && {
        suspendUntil: suspension.until,
        suspensionReason: suspension.reason,
      }),
    });
  const onSuccess = (_: unknown, { action }: Resolution) => {
    toast.success(t('reports.resolved'), action === 'hide' ? { action: undo } : undefined);
    void refresh(keys.reports());
  };
  const resolve = useMutation({ mutationFn: send, onSuccess });
  // The dialog shows its errors itself.
  const suspend = useMutation({ mutationFn: send, onSuccess, meta: { showsError: true } });
  return (
    <li className="border-line border-t px-4 py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-2">
        <Handle name={report.author.username} className="font-medium" />
        <Badge tone="warn">{t(`reportReason.${report.reason}`)}</Badge>
        {report.reports > 1 && <Badge>{t('reports.count', { count: report.reports })}</Badge>}
      </div>
      <p className="text-note text-muted">
        {reporterOf(report)}
        {report.conversationName !== null && ` · #${report.conversationName}`} ·{' '}
        <span title={fullTime(report.reportedAt)}>{ago(report.reportedAt)}</span>
      </p>
      <blockquote className="my-2 whitespace-pre-wrap break-words border-edge border-s-3 ps-3">
        {[report.text, ...report.files, ...report.choices].filter((text) => text !== '').join('\n')}
      </blockquote>
      {report.reporter !== null && report.comment !== '' && (
        <p className="text-soft text-sm">{report.comment}</p>
      )}
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="cursor-pointer py-2 text-accent text-sm pointer-coarse:py-3">
          {t('reports.context')}
        </summary>
        {isOpen && <Context report={report} />}
      </details>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => resolve.mutate({ action: 'dismiss' })}>
          {t('reports.dismiss')}
        </Button>
        {report.choices.length === 0 && (
          <Button onClick={() => resolve.mutate({ action: 'hide' })}>{t('reports.hide')}</Button>
        )}
        <Button look="risky" onClick={() => resolve.mutate({ action: 'delete' })}>
          {t('reports.delete')}
        </Button>
        {maySuspend && (
          <Button look="risky" onClick={() => setSuspending(true)}>
            {t('reports.deleteAndSuspend')}
          </Button>
        )}
      </div>
      <SuspendDialog
        open={isSuspending}
        title={t('reports.deleteAndSuspendQuestion', { name: isolate(report.author.displayName) })}
        action={t('reports.deleteAndSuspend')}
        onClose={() => setSuspending(false)}
        onSubmit={async (suspension) => {
          await suspend.mutateAsync({ action: 'delete', suspension });
        }}
      />
    </li>
  );
}

function Context({ report }: { report: Report }) {
  const client = useClient();
  const loaded = useQuery({
    queryKey: keys.report(report.id),
    queryFn: ({ signal }) => client.api.reports.report(report.id, { signal }),
  });
  return (
    <>
      <Loading of={loaded} />
      <ul className="mb-3 text-sm">
        {loaded.data?.context.map((m) => (
          <li key={m.message} className="break-words py-1">
            <bdi className="font-medium">{m.authorName}</bdi>{' '}
            {m.deleted || m.hidden ? (
              <em className="text-muted">{t(m.deleted ? 'message.deleted' : 'message.hidden')}</em>
            ) : (
              m.body
            )}{' '}
            {m.editedSince && <span className="text-muted">{t('message.edited')}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}
