import type { AuthOptions } from '@parley/protocol';
import { t } from '../texts/index.ts';
import { Banner } from '../ui/banner.tsx';

/** Shows an error of a whole form; screen readers announce it. */
export function Problem({ text }: { text: string | null }) {
  return (
    // Rendered before it has text, so that screen readers announce it.
    <div role="alert" className="empty:hidden">
      {text !== null && text !== '' && (
        <Banner tone="danger" role="none">
          {text}
        </Banner>
      )}
    </div>
  );
}

/** Shows information that is not an error. */
export function Notice({ text }: { text: string }) {
  return <Banner>{text}</Banner>;
}

/** Explains where to find a code or link if no SMTP server is configured. */
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
