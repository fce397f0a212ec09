import type { SecondFactors, TotpSetup } from '@parley/protocol';
import { useState } from 'react';
import { toast } from 'sonner';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
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
      title="Authenticator app"
      description="Enter a six-digit code from an app on your phone after your password."
      actions={
        factors.totp ? (
          <Badge tone="ok">On</Badge>
        ) : factors.required ? (
          <Badge tone="warn">Required</Badge>
        ) : (
          <Badge>Off</Badge>
        )
      }
    >
      <div className="flex flex-wrap gap-2">
        {factors.totp ? (
          <Button onClick={() => setDialog({ what: 'remove' })}>Turn off authenticator app</Button>
        ) : (
          <Button look="primary" onClick={() => setDialog({ what: 'set-up' })}>
            Set up authenticator app
          </Button>
        )}
        {has && (
          <Button onClick={() => setDialog({ what: 'new-codes' })}>
            Generate new recovery codes
          </Button>
        )}
      </div>
      {has && (
        <p className="mt-3 text-muted text-sm">
          {factors.recoveryCodesLeft === 1
            ? '1 recovery code left.'
            : `${factors.recoveryCodesLeft} recovery codes left.`}
          {factors.recoveryCodesLeft < FEW_CODES && ' Generate new ones before you run out.'}
        </p>
      )}
      <PasswordDialog
        open={dialog?.what === 'set-up'}
        title="Set up authenticator app"
        description="Enter your password to continue."
        action="Continue"
        onClose={() => setDialog((now) => (now?.what === 'set-up' ? null : now))}
        onConfirm={async (password) => {
          setDialog({ what: 'scan', setup: await account.setUpTotp(password) });
        }}
      />
      <PasswordDialog
        open={dialog?.what === 'remove'}
        title="Turn off authenticator app?"
        description="You’ll log in with your password alone, unless you have a passkey."
        action="Turn off"
        danger
        onClose={close}
        onConfirm={async (password) => {
          await account.removeTotp(password);
          await onChange();
          toast.success('Authenticator app turned off');
        }}
      />
      <PasswordDialog
        open={dialog?.what === 'new-codes'}
        title="Generate new recovery codes?"
        description="Your old codes will stop working."
        action="Generate codes"
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
        title="Scan the QR code"
        description="Scan it with your authenticator app, then enter the six-digit code that the app shows."
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
        label="Code from the app"
        autoFocus
        error={form.errors.code}
        onFull={(element) => element.requestSubmit()}
      />
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        Confirm
      </Button>
    </form>
  );
}
