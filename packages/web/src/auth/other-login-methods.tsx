import type { AuthOptions } from '@parley/protocol';
import { KeyRound, LogIn } from 'lucide-react';
import { useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { peekNext } from '../session/next.ts';
import { hasPasskeys, PasskeyCanceled, promptForPasskey } from '../session/passkey.ts';
import { startSso } from '../session/sso-return.ts';
import { auth, useContinueLogin } from '../session/steps.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';

/** Offers the login methods without a password: single sign-on and passkeys. */
export function OtherLoginMethods({
  options,
  invitation = '',
  withPasskeys = true,
  onProblem,
}: {
  options: AuthOptions | null;
  /** The token of the invitation; empty without one. */
  invitation?: string;
  /** Whether passkeys are offered too, with which no one can register. */
  withPasskeys?: boolean;
  onProblem: (text: string | null) => void;
}) {
  const continueLogin = useContinueLogin();
  const [busy, setBusy] = useState(false);
  const sso = options?.sso ?? [];
  const offersPasskeys = withPasskeys && hasPasskeys();
  if (sso.length === 0 && !offersPasskeys) return null;
  const withPasskey = async () => {
    setBusy(true);
    onProblem(null);
    try {
      const { challengeId, options: requested } = await auth.passkeyOptions();
      const response = await promptForPasskey(requested);
      await continueLogin(await auth.passkey({ challengeId, response }));
    } catch (error) {
      if (!(error instanceof PasskeyCanceled)) onProblem(errorMessage(error));
    }
    setBusy(false);
  };
  const withProvider = async (id: string) => {
    onProblem(null);
    try {
      // The fragment may be a secret, such as the token of a group link, so it stays in this tab.
      const [next = '/'] = (peekNext() ?? '/').split('#');
      const body = { next, tab: startSso(), ...(invitation && { invitation }) };
      location.assign((await auth.startSso(id, body)).url);
    } catch (error) {
      onProblem(errorMessage(error));
    }
  };
  return (
    <>
      <div className="my-5 flex items-center gap-3 text-note text-muted">
        <span className="h-px flex-1 bg-line" /> {t('login.or')}{' '}
        <span className="h-px flex-1 bg-line" />
      </div>
      <div className="flex flex-col gap-2.5">
        {sso.map(({ id, name }) => (
          <Button key={id} className="min-h-11" onClick={() => void withProvider(id)}>
            <LogIn size={17} /> {t('login.continueWith', { name })}
          </Button>
        ))}
        {offersPasskeys && (
          <Button className="min-h-11" busy={busy} onClick={() => void withPasskey()}>
            <KeyRound size={17} /> {t('login.withPasskey')}
          </Button>
        )}
      </div>
    </>
  );
}
