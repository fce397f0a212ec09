import { ERRORS, type LoginStep } from '@parley/protocol';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { wordsFor } from '../lib/words.ts';
import { rememberNext } from '../session/next.ts';
import { api, notify } from '../session/session.ts';
import { useArrive } from '../session/steps.ts';

/** Where another provider’s log-in comes back to: into the session, to a step, or back with words. */
export function SsoPage() {
  const { hash } = useLocation();
  const [answer] = useState(() => new URLSearchParams(hash));
  const arrive = useArrive();
  const navigate = useNavigate();
  useEffect(() => {
    const goOn = async () => {
      const next = answer.get('next');
      if (next !== null && next !== '/') rememberNext(next);
      const problem = answer.get('problem');
      const step = answer.get('step');
      try {
        if (problem !== null) throw new Error(wordsOf(problem));
        if (step !== null) await arrive(JSON.parse(fromBase64Url(step)) as LoginStep);
        else await arrive({ me: await api.me() });
      } catch (error) {
        notify(wordsFor(error));
        await navigate({ to: '/login', replace: true });
      }
    };
    void goOn();
  }, [answer, arrive, navigate]);
  return (
    <main className="flex h-dvh items-center justify-center">
      <p role="status" className="text-muted">
        One moment…
      </p>
    </main>
  );
}

const wordsOf = (code: string): string =>
  Object.hasOwn(ERRORS, code)
    ? `${ERRORS[code as keyof typeof ERRORS].title}.`
    : 'Logging in there did not work.';

function fromBase64Url(text: string): string {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
}
