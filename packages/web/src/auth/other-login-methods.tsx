import type { AuthOptions } from '@parley/protocol';
import { KeyRound, LogIn } from 'lucide-react';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { peekNext } from '../session/next.ts';
import { askPasskey, hasPasskeys, PasskeyCancelled } from '../session/passkey.ts';
import { startSso } from '../session/sso-return.ts';
import { auth, useContinueLogin } from '../session/steps.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';

/** Offers the log-in methods without a password: single sign-on and passkeys. */
export function OtherLoginMethods({
  options,
  onProblem,
}: {
  options: AuthOptions | null;
  onProblem: (text: string | null) => void;
}) {
  const continueLogin = useContinueLogin();
  const [busy, setBusy] = useState(false);
  const sso = options?.sso ?? [];
  if (sso.length === 0 && !hasPasskeys()) return null;
  const withPasskey = async () => {
    setBusy(true);
    onProblem(null);
    try {
      const { challengeId, options: requested } = await auth.passkeyOptions();
      const response = await askPasskey(requested);
      await continueLogin(await auth.passkey({ challengeId, response }));
    } catch (error) {
      if (!(error instanceof PasskeyCancelled)) onProblem(errorMessage(error));
    }
    setBusy(false);
  };
  return (
    <>
      <div className="my-5 flex items-center gap-3 text-note text-muted">
        <span className="h-px flex-1 bg-line" /> {t('login.or')}{' '}
        <span className="h-px flex-1 bg-line" />
      </div>
      <div className="flex flex-col gap-2.5">
        {sso.map(({ id, name }) => (
          <Button
            key={id}
            className="min-h-11"
            onClick={() => {
              const query = new URLSearchParams({ next: peekNext() ?? '/', tab: startSso() });
              location.assign(`/api/v1/auth/sso/${encodeURIComponent(id)}/start?${query}`);
            }}
          >
            <LogIn size={17} /> {t('login.continueWith', { name })}
          </Button>
        ))}
        {hasPasskeys() && (
          <Button className="min-h-11" busy={busy} onClick={() => void withPasskey()}>
            <KeyRound size={17} /> {t('login.withPasskey')}
          </Button>
        )}
      </div>
    </>
  );
}
