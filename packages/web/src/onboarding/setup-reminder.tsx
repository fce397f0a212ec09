import { Link } from '@tanstack/react-router';
import { ListChecks, X } from 'lucide-react';
import { loadPart } from '../lib/load-error.ts';
import { useSetupSteps } from '../session/setup-steps.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { IconButton } from '../ui/button.tsx';

/** Links admins back to the setup guide while steps remain. */
export function SetupReminder() {
  const mayAdminister = useParley((s) => s.me?.permissions.includes('administer') === true);
  const steps = useSetupSteps();
  if (!mayAdminister || steps === null || steps.length === 0) return null;
  return <SetupCard steps={steps.length} />;
}

/** A link to the setup guide, with a button that dismisses it. */
function SetupCard({ steps }: { steps: number }) {
  const client = useClient();
  const dismiss = () =>
    attempt(async () => {
      const { dismissSetup } = await loadPart(() => import('./dismiss-setup.ts'));
      await dismissSetup(client);
    });
  return (
    <div className="mx-3.5 mb-2 flex items-center gap-1 rounded-lg bg-accent-soft">
      <Link
        to="/setup"
        className="flex min-h-11 min-w-0 flex-1 items-center gap-2.5 rounded-lg px-3 text-accent-strong text-sm"
      >
        <ListChecks size={17} className="shrink-0" />
        <span className="min-w-0">
          <span className="block truncate font-medium">{t('setup.reminder')}</span>
          <span className="block text-note">{t('setup.stepsLeft', { count: steps })}</span>
        </span>
      </Link>
      <IconButton label={t('setup.dismiss')} className="size-9" onClick={() => void dismiss()}>
        <X size={16} />
      </IconButton>
    </div>
  );
}
