import type { TotpSetup } from '@parley/protocol';
import { CopyButton } from '../ui/copy-button.tsx';
import { QrCode } from '../ui/qr-code.tsx';

/** What an authenticator app needs: to be scanned, or typed in. */
export function TotpSecret({ setup }: { setup: TotpSetup }) {
  const inFours = setup.secret.replace(/(.{4})(?=.)/g, '$1 ');
  return (
    <div className="flex flex-col items-start gap-4 rounded-2xl border border-line bg-raised p-4 sm:flex-row sm:items-center">
      <QrCode text={setup.uri} label="QR code for your authenticator app" />
      <div className="min-w-0 flex-1">
        <p className="text-muted text-sm">You cannot scan it? Type this key into the app:</p>
        <p className="mt-2 mb-3 break-words font-mono text-[15px]" data-testid="totp-secret">
          {inFours}
        </p>
        <CopyButton text={setup.secret} label="Copy the key" />
      </div>
    </div>
  );
}
