import type { EmailInfo } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { Mail, RotateCw } from 'lucide-react';
import { useAuthOptions } from '../auth/use-auth-options.ts';
import { ago, fullTime } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/empty.tsx';
import { Loading } from '../ui/loading.tsx';
import { PartTitle } from '../ui/part-title.tsx';

/** Lists the latest emails and their delivery; without SMTP also their text, to be passed on. */
export function EmailsPage() {
  const admin = useAdmin();
  const options = useAuthOptions();
  const emails = useQuery({
    queryKey: keys.emails(),
    queryFn: ({ signal }) => admin.email({ signal }),
  });
  return (
    <>
      <PartTitle
        title={t('adminEmails.title')}
        description={
          options?.email === 'outbox' ? t('adminEmails.introOutbox') : t('adminEmails.intro')
        }
        actions={
          <Button onClick={() => void emails.refetch()}>
            <RotateCw size={16} /> {t('adminEmails.refresh')}
          </Button>
        }
      />
      <Loading of={emails} />
      {emails.data?.length === 0 && (
        <Empty icon={<Mail size={22} />} title={t('adminEmails.none')}>
          {t('adminEmails.noneHint')}
        </Empty>
      )}
      {emails.data && emails.data.length > 0 && (
        <ul className="overflow-hidden rounded-2xl border border-line bg-raised">
          {emails.data.map((email) => (
            <Row key={email.id} email={email} inOutbox={options?.email === 'outbox'} />
          ))}
        </ul>
      )}
    </>
  );
}

function Row({ email, inOutbox }: { email: EmailInfo; inOutbox: boolean }) {
  return (
    <li className="border-line border-t px-4 py-3 first:border-t-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 basis-48 truncate font-medium">{email.subject}</span>
        {email.failedAt !== null ? (
          <Badge tone="danger">{t('adminEmails.failed')}</Badge>
        ) : email.sentAt !== null ? (
          <Badge tone="ok">{inOutbox ? t('adminEmails.inOutbox') : t('adminEmails.sent')}</Badge>
        ) : (
          <Badge tone="warn">{t('adminEmails.sending')}</Badge>
        )}
      </div>
      <p className="text-note text-muted">
        {t('adminEmails.to', { recipient: email.recipient })} ·{' '}
        <span title={fullTime(email.createdAt)}>{ago(email.createdAt)}</span>
      </p>
      {email.failure && (
        <p className="mt-1 text-note text-danger">
          {t('devices.lastFailed', { reason: t(`deliveryFailure.${email.failure.reason}`) })}{' '}
          <span className="text-muted">{email.failure.error}</span>
        </p>
      )}
      {email.text !== null && (
        <details className="mt-2">
          <summary className="cursor-pointer select-none py-1 text-accent pointer-coarse:py-3 text-sm">
            {t('adminEmails.show')}
          </summary>
          <pre className="mt-2 overflow-x-auto whitespace-pre-wrap break-words rounded-lg bg-sunken p-3 font-mono text-note">
            {email.text}
          </pre>
        </details>
      )}
    </li>
  );
}
