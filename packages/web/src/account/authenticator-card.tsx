import type { SecondFactors, TotpSetup } from '@parley/protocol';
import { type Dispatch, type SetStateAction, useState } from 'react';
import { PasswordDialog } from '../auth/password-dialog.tsx';
import { Problem } from '../auth/problem.tsx';
import { RecoveryCodesDialog } from '../auth/recovery-codes.tsx';
import { TotpSecret } from '../auth/totp-secret.tsx';
import { useForm } from '../auth/use-form.ts';
import { useAccount } from '../session/use-account.ts';
import { t } from '../texts/index.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { CodeField } from '../ui/code-field.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { toast } from '../ui/toast.ts';

/** The open dialog of the card, and what it shows. */
type OpenDialog =
  | { kind: 'set-up' | 'remove' | 'new-codes' }
  | { kind: 'scan'; setup: TotpSetup }
  | { kind: 'codes'; codes: readonly string[] };

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
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const has = factors.totp || factors.passkeys.length > 0;
  return (
    <Card
      title={t('authenticator.title')}
      description={t('authenticator.intro')}
      actions={<StateBadge factors={factors} />}
    >
      <div className="flex flex-wrap gap-2">
        {factors.totp ? (
          <Button onClick={() => setDialog({ kind: 'remove' })}>{t('authenticator.remove')}</Button>
        ) : (
          <Button look="primary" onClick={() => setDialog({ kind: 'set-up' })}>
            {t('common.setUpAuthenticator')}
          </Button>
        )}
        {has && (
          <Button onClick={() => setDialog({ kind: 'new-codes' })}>
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
      <Dialogs dialog={dialog} setDialog={setDialog} onChange={onChange} />
    </Card>
  );
}

function StateBadge({ factors }: { factors: SecondFactors }) {
  if (factors.totp) return <Badge tone="ok">{t('authenticator.on')}</Badge>;
  if (factors.required) return <Badge tone="warn">{t('authenticator.required')}</Badge>;
  return <Badge>{t('authenticator.off')}</Badge>;
}

function Dialogs({
  dialog,
  setDialog,
  onChange,
}: {
  dialog: OpenDialog | null;
  setDialog: Dispatch<SetStateAction<OpenDialog | null>>;
  onChange: () => Promise<void>;
}) {
  const account = useAccount();
  const close = () => setDialog(null);
  return (
    <>
      <PasswordDialog
        open={dialog?.kind === 'set-up'}
        title={t('common.setUpAuthenticator')}
        description={t('common.enterPassword')}
        action={t('common.continue')}
        onClose={() => setDialog((now) => (now?.kind === 'set-up' ? null : now))}
        onConfirm={async (password) => {
          setDialog({ kind: 'scan', setup: await account.setUpTotp(password) });
        }}
      />
      <PasswordDialog
        open={dialog?.kind === 'remove'}
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
        open={dialog?.kind === 'new-codes'}
        title={t('authenticator.newCodesQuestion')}
        description={t('authenticator.newCodesIntro')}
        action={t('authenticator.generate')}
        onClose={() => setDialog((now) => (now?.kind === 'new-codes' ? null : now))}
        onConfirm={async (password) => {
          const { recoveryCodes } = await account.newRecoveryCodes(password);
          setDialog({ kind: 'codes', codes: recoveryCodes });
          await onChange();
        }}
      />
      <Dialog
        open={dialog?.kind === 'scan'}
        onClose={close}
        title={t('authenticator.scanTitle')}
        description={t('authenticator.scan')}
      >
        {dialog?.kind === 'scan' && (
          <Scan
            setup={dialog.setup}
            onDone={async (codes) => {
              setDialog({ kind: 'codes', codes });
              await onChange();
            }}
          />
        )}
      </Dialog>
      <RecoveryCodesDialog codes={dialog?.kind === 'codes' ? dialog.codes : null} onClose={close} />
    </>
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
