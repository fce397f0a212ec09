import { SETUP_STEPS, type SetupStep } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { Check } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { setSetupSteps, useSetupSteps } from '../session/setup-steps.ts';
import { useAdmin } from '../session/use-admin.ts';
import { useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { attempt } from '../ui/attempt.ts';
import { Button } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { AdminsOnly } from '../ui/not-found.tsx';
import { PageHeader } from '../ui/page-header.tsx';
import { usePageTitle } from '../ui/page-title.tsx';
import { SetupGroups } from './setup-groups.tsx';
import { SetupInvitations } from './setup-invitations.tsx';
import { SetupRegistration } from './setup-registration.tsx';
import { SetupServer } from './setup-server.tsx';
import type { SetupStepProps } from './setup-step.ts';
import { firstGroupOf } from './use-landing.ts';

const STEPS: Readonly<
  Record<SetupStep, { title: PlainKey; form: (props: SetupStepProps) => ReactNode }>
> = {
  server: { title: 'setup.server', form: SetupServer },
  registration: { title: 'setup.registration', form: SetupRegistration },
  invitations: { title: 'setup.invitations', form: SetupInvitations },
  groups: { title: 'setup.groups', form: SetupGroups },
};

/**
 * Guides the first admin through the first settings of the server. The remaining steps are stored
 * on the server, so that any admin can continue on any device.
 */
export function SetupPage() {
  const mayAdminister = useParley((s) => s.me?.permissions.includes('administer'));
  const remaining = useSetupSteps();
  if (mayAdminister === undefined || remaining === null) {
    return <p className="p-6 text-muted">{t('common.loading')}</p>;
  }
  if (!mayAdminister) return <AdminsOnly />;
  return <Guide left={remaining} />;
}

function Guide({ left }: { left: readonly SetupStep[] }) {
  const admin = useAdmin();
  const leave = useLeave();
  const [chosen, setChosen] = useState<SetupStep | null>(null);
  const current = chosen ?? SETUP_STEPS.find((step) => left.includes(step)) ?? null;
  usePageTitle(t('setup.title'));
  const heading = useRef<HTMLHeadingElement>(null);
  const lastStep = useRef(current);
  useEffect(() => {
    if (lastStep.current === current) return;
    lastStep.current = current;
    // The focused button was removed, and screen readers should read the new step.
    heading.current?.focus();
  }, [current]);
  /** Stores that a step is complete or skipped, and goes on to the next one. */
  const finish = async (step: SetupStep) => {
    const rest = left.filter((other) => other !== step);
    await admin.changeServerSettings({ setupSteps: rest });
    setSetupSteps(rest);
    setChosen(null);
  };
  const Form = current === null ? null : STEPS[current].form;
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <h1 className="min-w-0 flex-1 truncate font-semibold sm:ps-1">{t('setup.title')}</h1>
        <Button look="quiet" onClick={leave}>
          {t(current === null ? 'setup.close' : 'setup.later')}
        </Button>
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex w-full max-w-2xl flex-col gap-6 px-4 py-6 sm:px-6">
          <Progress left={left} current={current} onChoose={setChosen} />
          {current !== null && Form !== null ? (
            <section key={current} aria-labelledby="setup-step" className="flex flex-col gap-5">
              <h2
                ref={heading}
                tabIndex={-1}
                id="setup-step"
                className="font-semibold text-xl tracking-tight outline-none"
              >
                {t(STEPS[current].title)}
              </h2>
              <Form onDone={() => finish(current)} />
              <Button className="self-start" onClick={() => void attempt(() => finish(current))}>
                {t('setup.skipStep')}
              </Button>
            </section>
          ) : (
            <section className="flex flex-col items-start gap-3">
              <h2
                ref={heading}
                tabIndex={-1}
                className="font-semibold text-xl tracking-tight outline-none"
              >
                {t('setup.finished')}
              </h2>
              <p className="text-muted">{t('setup.finishedIntro')}</p>
              <Button look="primary" onClick={leave}>
                {t('setup.start')}
              </Button>
            </section>
          )}
        </div>
      </div>
    </div>
  );
}

/** Returns a function that leaves the guide for the first group. */
function useLeave(): () => void {
  const navigate = useNavigate();
  const group = useParley(firstGroupOf);
  return () => {
    if (group === undefined) void navigate({ to: '/' });
    else void navigate({ to: '/c/$id', params: { id: group } });
  };
}

/** The steps; each can be opened again. */
function Progress({
  left,
  current,
  onChoose,
}: {
  left: readonly SetupStep[];
  current: SetupStep | null;
  onChoose: (step: SetupStep) => void;
}) {
  return (
    <ol aria-label={t('setup.steps')} className="grid grid-cols-2 gap-2 sm:grid-cols-4">
      {SETUP_STEPS.map((step, index) => {
        const isDone = !left.includes(step);
        return (
          <li key={step}>
            <button
              type="button"
              aria-current={step === current ? 'step' : undefined}
              onClick={() => onChoose(step)}
              className={cx(
                'flex min-h-11 w-full items-center gap-2.5 rounded-lg border px-3 py-2 text-start text-sm',
                step === current
                  ? 'border-accent bg-accent-soft font-medium text-ink'
                  : 'border-line text-soft hover:bg-hover',
              )}
            >
              <span
                aria-hidden="true"
                className={cx(
                  'flex size-6 shrink-0 items-center justify-center rounded-full text-note',
                  isDone ? 'bg-ok-soft text-ok' : 'bg-sunken text-muted',
                )}
              >
                {isDone ? <Check size={14} /> : index + 1}
              </span>
              <span className="min-w-0">{t(`setupStep.${step}`)}</span>
              {isDone && <span className="sr-only">{t('setup.done')}</span>}
            </button>
          </li>
        );
      })}
    </ol>
  );
}
