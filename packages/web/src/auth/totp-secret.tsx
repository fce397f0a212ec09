import type { TotpSetup } from '@parley/protocol';
import { t } from '../texts/index.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { LINK } from '../ui/link.ts';
import { QrCode } from '../ui/qr-code.tsx';
import { useCoarsePointer } from '../ui/use-coarse-pointer.ts';

/** Shows the secret for an authenticator app, as a QR code and as text. */
export function TotpSecret({ setup }: { setup: TotpSetup }) {
  // A phone cannot scan its own screen.
  const coarse = useCoarsePointer();
  const grouped = setup.secret.replace(/(.{4})(?=.)/g, '$1 ');
  return (
    <div className="flex flex-col items-start gap-4 rounded-2xl border border-line bg-raised p-4 sm:flex-row sm:items-center">
      <QrCode text={setup.uri} label={t('authenticator.qrCode')} />
      <div className="min-w-0 flex-1">
        <p className="text-muted text-sm">{t('authenticator.enterKey')}</p>
        <p className="mt-2 mb-3 break-words font-mono text-body" data-testid="totp-secret">
          {grouped}
        </p>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <CopyButton text={setup.secret} label={t('common.copyKey')} />
          {coarse && (
            <a href={setup.uri} className={LINK}>
              {t('authenticator.openInApp')}
            </a>
          )}
        </div>
      </div>
    </div>
  );
}
