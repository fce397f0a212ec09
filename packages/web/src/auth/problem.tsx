import type { AuthOptions } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Shows an error of a whole form; screen readers announce it. */
export function Problem({ text }: { text: string | null }) {
  return (
    <div
      role="alert"
      className={
        text ? 'rounded-lg bg-danger-soft px-3.5 py-2.5 text-danger text-sm' : 'empty:hidden'
      }
    >
      {text}
    </div>
  );
}

/** Shows information that is not an error. */
export function Notice({ text }: { text: string }) {
  return (
    <p role="status" className="rounded-lg bg-accent-soft px-3.5 py-2.5 text-ink text-sm">
      {text}
    </p>
  );
}

/** Says where to find a code or link while no SMTP server is configured to send it with. */
export function OutboxNotice({
  options,
  missing,
}: {
  options: AuthOptions | null;
  missing: 'code' | 'link';
}) {
  if (options?.email !== 'outbox') return null;
  return <Notice text={t(missing === 'code' ? 'auth.codeInOutbox' : 'auth.linkInOutbox')} />;
}
