import { AdminApi } from '@parley/client';
import { Link } from '@tanstack/react-router';
import { ListChecks, X } from 'lucide-react';
import { useSetupSteps } from '../session/setup-steps.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { IconButton } from '../ui/button.tsx';

/** Links admins back to the setup guide while steps remain. */
export function SetupReminder() {
  const client = useClient();
  const mayAdminister = useParley((s) => s.me?.permissions.includes('administer') === true);
  const steps = useSetupSteps();
  if (!mayAdminister || steps === null || steps.length === 0) return null;
  const dismiss = () =>
    attempt(() => new AdminApi(client.api).changeServerSettings({ setupSteps: [] }));
  return (
    <div className="mx-3.5 mb-2 flex items-center gap-1 rounded-lg bg-accent-soft">
      <Link
        to="/setup"
        className="flex min-h-11 min-w-0 flex-1 items-center gap-2.5 rounded-lg px-3 text-accent-strong text-sm"
      >
        <ListChecks size={17} className="shrink-0" />
        <span className="min-w-0">
          <span className="block truncate font-medium">{t('setup.reminder')}</span>
          <span className="block text-note">{t('setup.stepsLeft', { count: steps.length })}</span>
        </span>
      </Link>
      <IconButton label={t('setup.dismiss')} className="size-9" onClick={() => void dismiss()}>
        <X size={16} />
      </IconButton>
    </div>
  );
}
