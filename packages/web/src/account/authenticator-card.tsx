import type { SecondFactors, TotpSetup } from '@parley/protocol';
import { useState } from 'react';
import { toast } from 'sonner';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { PasswordDialog } from '../ui/password-dialog.tsx';
import { RecoveryCodesDialog } from './recovery-codes.tsx';
import { TotpSecret } from './totp-secret.tsx';
import { useAccount } from './use-account.ts';

/** The open dialog of the card, and its data. */
type OpenDialog =
  | { what: 'set-up' | 'remove' | 'new-codes' }
  | { what: 'scan'; setup: TotpSetup }
  | { what: 'codes'; codes: readonly string[] };

/** With fewer recovery codes than this, the card suggests generating new ones. */
const FEW_CODES = 3;

/** Manages the authenticator app, and the recovery codes that replace it. */
export function AuthenticatorCard({
  factors,
  onChange,
}: {
  factors: SecondFactors;
  onChange: () => Promise<void>;
}) {
  const account = useAccount();
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const close = () => setDialog(null);
  const has = factors.totp || factors.passkeys.length > 0;
  return (
    <Card
      title={t('authenticator.title')}
      description={t('authenticator.intro')}
      actions={
        factors.totp ? (
          <Badge tone="ok">{t('authenticator.on')}</Badge>
        ) : factors.required ? (
          <Badge tone="warn">{t('authenticator.required')}</Badge>
        ) : (
          <Badge>{t('authenticator.off')}</Badge>
        )
      }
    >
      <div className="flex flex-wrap gap-2">
        {factors.totp ? (
          <Button onClick={() => setDialog({ what: 'remove' })}>{t('authenticator.remove')}</Button>
        ) : (
          <Button look="primary" onClick={() => setDialog({ what: 'set-up' })}>
            {t('common.setUpAuthenticator')}
          </Button>
        )}
        {has && (
          <Button onClick={() => setDialog({ what: 'new-codes' })}>
            {t('authenticator.newCodes')}
          </Button>
        )}
      </div>
      {has && (
        <p className="mt-3 text-muted text-sm">
          {t('authenticator.codesLeft', { count: factors.recoveryCodesLeft })}
          {factors.recoveryCodesLeft < FEW_CODES && ` ${t('authenticator.fewCodesLeft')}`}
        </p>
      )}
      <PasswordDialog
        open={dialog?.what === 'set-up'}
        title={t('common.setUpAuthenticator')}
        description={t('common.enterPassword')}
        action={t('common.continue')}
        onClose={() => setDialog((now) => (now?.what === 'set-up' ? null : now))}
        onConfirm={async (password) => {
          setDialog({ what: 'scan', setup: await account.setUpTotp(password) });
        }}
      />
      <PasswordDialog
        open={dialog?.what === 'remove'}
        title={t('authenticator.removeQuestion')}
        description={t('authenticator.removeIntro')}
        action={t('authenticator.turnOff')}
        danger
        onClose={close}
        onConfirm={async (password) => {
          await account.removeTotp(password);
          await onChange();
          toast.success(t('authenticator.removed'));
        }}
      />
      <PasswordDialog
        open={dialog?.what === 'new-codes'}
        title={t('authenticator.newCodesQuestion')}
        description={t('authenticator.newCodesIntro')}
        action={t('authenticator.generate')}
        onClose={() => setDialog((now) => (now?.what === 'new-codes' ? null : now))}
        onConfirm={async (password) => {
          const { recoveryCodes } = await account.newRecoveryCodes(password);
          setDialog({ what: 'codes', codes: recoveryCodes });
          await onChange();
        }}
      />
      <Dialog
        open={dialog?.what === 'scan'}
        onClose={close}
        title={t('authenticator.scanTitle')}
        description={t('authenticator.scan')}
      >
        {dialog?.what === 'scan' && (
          <Scan
            setup={dialog.setup}
            onDone={async (codes) => {
              setDialog({ what: 'codes', codes });
              await onChange();
            }}
          />
        )}
      </Dialog>
      <RecoveryCodesDialog codes={dialog?.what === 'codes' ? dialog.codes : null} onClose={close} />
    </Card>
  );
}

function Scan({
  setup,
  onDone,
}: {
  setup: TotpSetup;
  onDone: (codes: readonly string[]) => Promise<void>;
}) {
  const account = useAccount();
  const form = useForm(['code'], async ({ code }) => {
    const { recoveryCodes } = await account.confirmTotp(code);
    await onDone(recoveryCodes);
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <TotpSecret setup={setup} />
      <CodeField
        name="code"
        label={t('common.codeFromApp')}
        autoFocus
        error={form.errors.code}
        onFull={(element) => element.requestSubmit()}
      />
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        {t('authenticator.confirm')}
      </Button>
    </form>
  );
}
