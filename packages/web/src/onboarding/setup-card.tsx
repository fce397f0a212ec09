import { AdminApi } from '@parley/client';
import { Link } from '@tanstack/react-router';
import { ListChecks, X } from 'lucide-react';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { IconButton } from '../ui/button.tsx';

/** A link to the setup guide, with a button that dismisses it. */
export function SetupCard({ steps }: { steps: number }) {
  const client = useClient();
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
          <span className="block text-note">{t('setup.stepsLeft', { count: steps })}</span>
        </span>
      </Link>
      <IconButton label={t('setup.dismiss')} className="size-9" onClick={() => void dismiss()}>
        <X size={16} />
      </IconButton>
    </div>
  );
}
