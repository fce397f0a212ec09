import { ApiError } from '@parley/client';
import { type ReactNode, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useAccount } from '../session/use-account.ts';
import { t } from '../texts/index.ts';
import { toast } from '../ui/toast.ts';
import { PasswordDialog } from './password-dialog.tsx';

/**
 * Runs requests that may require a recent login: in that case it asks for the password and repeats
 * the request. The caller renders `dialog`.
 */
export function useReauthentication(): {
  /** Shows other errors as a toast. */
  run: (work: () => Promise<void>) => Promise<void>;
  /** Throws other errors, for a form to show them. */
  runInForm: (work: () => Promise<void>) => Promise<void>;
  dialog: ReactNode;
} {
  const account = useAccount();
  const [pending, setPending] = useState<{ work: () => Promise<void> } | null>(null);
  const runInForm = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'reauthentication_required') throw error;
      setPending({ work });
    }
  };
  const run = (work: () => Promise<void>) =>
    runInForm(work).catch((error: unknown) => {
      toast.error(errorMessage(error));
    });
  const dialog = (
    <PasswordDialog
      open={pending !== null}
      title={t('reauthenticate.title')}
      description={t('reauthenticate.intro')}
      action={t('common.continue')}
      onClose={() => setPending(null)}
      onConfirm={async (password) => {
        await account.reauthenticate(password);
        await pending?.work();
      }}
    />
  );
  return { run, runInForm, dialog };
}
