import {
  type AccountId,
  AUDIT_EVENT_NAMES,
  type AuditEvent,
  type AuditLogEntry,
  type AuditLogFilter,
  type AuditLogFormat,
  type AuditOutcome,
} from '@parley/protocol';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Download, ScrollText } from 'lucide-react';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { startOfDay, startOfNextDay } from '../lib/date-field.ts';
import { saveFile } from '../lib/save-file.ts';
import { errorMessage } from '../lib/text.ts';
import { ago, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useAdmin } from '../session/use-admin.ts';
import { useClient } from '../session/use-client.ts';
import { locale, t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';
import { Select } from '../ui/select.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { toast } from '../ui/toast.ts';
import { accountNamed } from './account-named.ts';

const TYPES: Record<AuditLogFormat, string> = { jsonl: 'application/jsonl', csv: 'text/csv' };

/** Lists, filters and exports the audit log. */
export function AuditPage() {
  const admin = useAdmin();
  const [filter, setFilter] = useState<AuditLogFilter>({});
  const page = useInfiniteQuery({
    ...pagesQuery(
      keys.auditLog(filter),
      (after: string | undefined, options) =>
        admin.auditLog({ ...filter, ...(after !== undefined && { after }) }, options),
      ({ id }) => id,
    ),
    placeholderData: keepPreviousData,
  });
  const download = async (format: AuditLogFormat) => {
    try {
      const text = await admin.exportAuditLog(format, filter);
      saveFile(`audit-log.${format}`, text, TYPES[format]);
    } catch (error) {
      toast.error(errorMessage(error));
    }
  };
  return (
    <>
      <PartTitle
        title={t('auditLog.title')}
        description={t('auditLog.intro')}
        actions={(['csv', 'jsonl'] as const).map((format) => (
          <Button key={format} onClick={() => void download(format)}>
            <Download size={16} /> {t(`auditLog.${format}`)}
          </Button>
        ))}
      />
      <FilterForm onFilter={setFilter} />
      <Loading of={page} />
      {page.data?.items.length === 0 && (
        <Empty icon={<ScrollText size={22} />} title={t('common.noMatches')} />
      )}
      {page.data && page.data.items.length > 0 && (
        <ul className="overflow-hidden rounded-2xl border border-line bg-raised">
          {page.data.items.map((entry) => (
            <Row key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      <ShowMore of={page}>{t('common.showMore')}</ShowMore>
    </>
  );
}

const knownEvents: ReadonlySet<string> = new Set(AUDIT_EVENT_NAMES);
const isKnown = (event: string): event is AuditEvent => knownEvents.has(event);
/** Returns the name of an event; a newer server may have unknown ones. */
const nameOf = (event: string): string => (isKnown(event) ? t(`auditEvent.${event}`) : event);

/** All kinds of events, by name. */
const eventOptions = (): (readonly [string, string])[] => [
  ['', t('auditLog.allEvents')],
  ...AUDIT_EVENT_NAMES.map((event) => [event, nameOf(event)] as const).sort(([, a], [, b]) =>
    a.localeCompare(b, locale),
  ),
];

function FilterForm({ onFilter }: { onFilter: (filter: AuditLogFilter) => void }) {
  const client = useClient();
  const form = useForm(['event', 'outcome', 'username', 'from', 'until'], async (values) => {
    const { event, outcome, username, from, until } = values;
    let account: AccountId | undefined;
    if (username.trim() !== '') {
      account = await accountNamed(client.api, username);
      if (account === undefined) throw new Error(t('auditLog.unknownUser'));
    }
    onFilter({
      ...(event && { event }),
      ...(outcome && { outcome: outcome as AuditOutcome }),
      ...(account && { account }),
      ...(from && { from: startOfDay(from) }),
      ...(until && { until: startOfNextDay(until) }),
    });
  });
  return (
    <form {...form.props} className="grid grid-cols-2 items-end gap-3 sm:grid-cols-6">
      <div className="col-span-full empty:hidden">
        <Problem text={form.problem} />
      </div>
      <Select
        name="event"
        label={t('auditLog.event')}
        options={eventOptions()}
        className="col-span-full sm:col-span-3"
      />
      <Select
        name="outcome"
        label={t('auditLog.outcome')}
        options={[
          ['', t('auditLog.allOutcomes')],
          ['succeeded', t('auditOutcome.succeeded')],
          ['failed', t('auditOutcome.failed')],
          ['denied', t('auditOutcome.denied')],
        ]}
        className="col-span-full sm:col-span-3"
      />
      <Field
        name="username"
        label={t('auditLog.username')}
        error={form.errors.username}
        className="col-span-full sm:col-span-2"
      />
      <Field
        name="from"
        type="date"
        label={t('auditLog.since')}
        error={form.errors.from}
        className="sm:col-span-2"
      />
      <Field
        name="until"
        type="date"
        label={t('auditLog.until')}
        error={form.errors.until}
        className="sm:col-span-2"
      />
      <Button type="submit" busy={form.busy} className="col-span-full min-h-11 justify-self-start">
        {t('auditLog.search')}
      </Button>
    </form>
  );
}

function Row({ entry }: { entry: AuditLogEntry }) {
  const details = Object.entries(entry.details).map(([name, value]) => `${name}: ${value}`);
  const isByOther = entry.actor !== null && entry.actor !== entry.account;
  return (
    <li className="border-line border-t px-4 py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 basis-48 truncate font-medium text-sm" title={entry.event}>
          {nameOf(entry.event)}
          {entry.count > 1 && ` × ${entry.count}`}
        </span>
        {entry.outcome !== 'succeeded' && (
          <Badge tone="danger">{t(`auditOutcome.${entry.outcome}`)}</Badge>
        )}
      </div>
      <p className="break-words text-note text-muted">
        {[
          entry.accountName && `@${entry.accountName}`,
          isByOther && t('auditLog.by', { name: `@${entry.actorName ?? entry.actor}` }),
          entry.address,
          ...details,
        ]
          .filter(Boolean)
          .join(' · ')}{' '}
        · <span title={fullTime(entry.at)}>{ago(entry.at)}</span>
      </p>
    </li>
  );
}
