import { RegistrationMode } from '@parley/protocol';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { serverSettingsQuery } from '../queries/server-settings-query.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Loading } from '../ui/loading.tsx';
import type { SetupStepProps } from './setup-step.ts';

const HINTS: Readonly<Record<RegistrationMode, PlainKey>> = {
  open: 'setup.openHint',
  invitation: 'setup.invitationHint',
  domain: 'setup.domainHint',
  closed: 'setup.closedHint',
};

/** The step that decides who may register. */
export function SetupRegistration({ onDone }: SetupStepProps) {
  const admin = useAdmin();
  const loaded = useQuery(serverSettingsQuery(admin));
  const [chosen, setChosen] = useState<RegistrationMode | null>(null);
  const form = useForm(['domains'], async (values) => {
    const domains = values.domains.split(/[\s,]+/).filter((domain) => domain !== '');
    await admin.changeServerSettings({
      registration: { mode, domains: isByDomain ? domains : [] },
    });
    await onDone();
  });
  const mode = chosen ?? loaded.data?.settings.registration.mode ?? 'open';
  const isByDomain = mode === 'domain';
  if (loaded.data === undefined) return <Loading of={loaded} />;
  const { overridden, settings } = loaded.data;
  const variable = overridden.find(({ setting }) => setting === 'registration')?.variable;
  if (variable !== undefined) {
    return (
      <>
        <p className="text-muted">{t('server.fixed', { variable })}</p>
        <Button look="primary" className="min-h-11 self-start" onClick={() => void onDone()}>
          {t('common.continue')}
        </Button>
      </>
    );
  }
  return (
    <form {...form.props} className="flex flex-col gap-4">
      <Problem text={form.problem} />
      <fieldset>
        <legend className="mb-1.5 text-muted">{t('setup.registrationIntro')}</legend>
        <div className="flex flex-col gap-2">
          {RegistrationMode.options.map((option) => (
            <label
              key={option}
              className="flex cursor-pointer gap-3 rounded-lg border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft/50 has-focus-visible:ring-3 has-focus-visible:ring-accent/20"
            >
              <input
                type="radio"
                name="mode"
                value={option}
                checked={option === mode}
                onChange={() => setChosen(option)}
                className="mt-1 size-4 shrink-0 accent-(--accent)"
              />
              <span>
                <span className="block font-medium text-sm">{t(`server.${option}`)}</span>
                <span className="block text-note text-soft">{t(HINTS[option])}</span>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      {isByDomain && (
        <Field
          name="domains"
          label={t('server.domains')}
          hint={t('server.domainsHint')}
          defaultValue={settings.registration.domains.join(', ')}
          error={form.errors.domains}
        />
      )}
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11 self-start">
        {t('common.continue')}
      </Button>
    </form>
  );
}
