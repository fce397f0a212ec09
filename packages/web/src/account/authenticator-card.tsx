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

/** What the card is about to do, and what it was given for it. */
type Doing =
  | { what: 'set-up' | 'remove' | 'new-codes' }
  | { what: 'scan'; setup: TotpSetup }
  | { what: 'codes'; codes: readonly string[] };

/** Fewer recovery codes than this are worth a word. */
const FEW_CODES = 3;

/** The authenticator app, and the recovery codes that stand in for it. */
export function AuthenticatorCard({
  factors,
  onChange,
}: {
  factors: SecondFactors;
  onChange: () => Promise<void>;
}) {
  const account = useAccount();
  const [doing, setDoing] = useState<Doing | null>(null);
  const close = () => setDoing(null);
  const has = factors.totp || factors.passkeys.length > 0;
  return (
    <Card
      title="Authenticator app"
      description="An app on your phone shows six digits that you type in after your password."
      actions={
        factors.totp ? (
          <Badge tone="ok">On</Badge>
        ) : factors.required ? (
          <Badge tone="warn">Required here</Badge>
        ) : (
          <Badge>Off</Badge>
        )
      }
    >
      <div className="flex flex-wrap gap-2">
        {factors.totp ? (
          <Button onClick={() => setDoing({ what: 'remove' })}>Turn off</Button>
        ) : (
          <Button look="primary" onClick={() => setDoing({ what: 'set-up' })}>
            Set up
          </Button>
        )}
        {has && <Button onClick={() => setDoing({ what: 'new-codes' })}>New recovery codes</Button>}
      </div>
      {has && (
        <p className="mt-3 text-muted text-sm">
          {factors.recoveryCodesLeft === 1
            ? '1 recovery code is left.'
            : `${factors.recoveryCodesLeft} recovery codes are left.`}
          {factors.recoveryCodesLeft < FEW_CODES && ' Make new ones before you need them.'}
        </p>
      )}
      <PasswordDialog
        open={doing?.what === 'set-up'}
        title="Set up an authenticator app"
        description="First your password, so that nobody does this at a device that you have left open."
        action="Continue"
        onClose={() => setDoing((now) => (now?.what === 'set-up' ? null : now))}
        onConfirm={async (password) => {
          setDoing({ what: 'scan', setup: await account.setUpTotp(password) });
        }}
      />
      <PasswordDialog
        open={doing?.what === 'remove'}
        title="Turn the app off?"
        description="Your password alone lets you in then, unless you have a passkey."
        action="Turn off"
        danger
        onClose={close}
        onConfirm={async (password) => {
          await account.removeTotp(password);
          await onChange();
          toast.success('The authenticator app is off');
        }}
      />
      <PasswordDialog
        open={doing?.what === 'new-codes'}
        title="Make new recovery codes?"
        description="Those that you have stored are good for nothing then."
        action="Make new ones"
        onClose={() => setDoing((now) => (now?.what === 'new-codes' ? null : now))}
        onConfirm={async (password) => {
          const { recoveryCodes } = await account.newRecoveryCodes(password);
          setDoing({ what: 'codes', codes: recoveryCodes });
          await onChange();
        }}
      />
      <Dialog
        open={doing?.what === 'scan'}
        onClose={close}
        title="Scan the code"
        description="Open your authenticator app, scan this, and type in what it shows."
      >
        {doing?.what === 'scan' && (
          <Scan
            setup={doing.setup}
            onDone={async (codes) => {
              setDoing({ what: 'codes', codes });
              await onChange();
            }}
          />
        )}
      </Dialog>
      <RecoveryCodesDialog codes={doing?.what === 'codes' ? doing.codes : null} onClose={close} />
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
        label="Code that the app shows"
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
