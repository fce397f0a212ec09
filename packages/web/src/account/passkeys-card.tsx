import type { Passkey, SecondFactors } from '@parley/protocol';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { ago, dateOf } from '../lib/time.ts';
import { createPasskey, hasPasskeys } from '../session/passkey.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { PasswordDialog } from '../ui/password-dialog.tsx';
import { deviceName } from './device-name.ts';
import { RecoveryCodesDialog } from './recovery-codes.tsx';
import { useAccount } from './use-account.ts';

/** Manages the passkeys of the account. */
export function PasskeysCard({
  factors,
  onChange,
}: {
  factors: SecondFactors;
  onChange: () => Promise<void>;
}) {
  const account = useAccount();
  const [adding, setAdding] = useState(false);
  /** Recovery codes, issued with the first second factor, until the user has saved them. */
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  return (
    <Card
      title="Passkeys"
      description="Log in with your fingerprint, your face or a security key instead of your password."
      actions={
        hasPasskeys() && (
          <Button onClick={() => setAdding(true)}>
            <Plus size={16} /> Add passkey
          </Button>
        )
      }
    >
      {factors.passkeys.length > 0 ? (
        <ul className="-mx-2 flex flex-col">
          {factors.passkeys.map((passkey) => (
            <li key={passkey.id} className="flex min-h-14 items-center gap-3 rounded-lg px-2">
              <span className="flex size-9 shrink-0 items-center justify-center rounded-[32%] bg-sunken text-muted">
                <KeyRound size={17} />
              </span>
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{passkey.name}</span>
                <span className="block truncate text-[13px] text-muted">
                  Added {dateOf(passkey.createdAt)}
                  {passkey.lastUsedAt && `, last used ${ago(passkey.lastUsedAt)}`}
                </span>
              </span>
              <IconButton label={`Remove ${passkey.name}`} onClick={() => setRemoving(passkey)}>
                <Trash2 size={17} />
              </IconButton>
            </li>
          ))}
        </ul>
      ) : (
        <p className="text-muted text-sm">
          {hasPasskeys()
            ? 'No passkeys yet.'
            : 'Passkeys need HTTPS and a domain name, and a browser that supports them.'}
        </p>
      )}
      <PasswordDialog
        open={adding}
        title="Add passkey"
        description="Enter your password to continue. Your browser then asks where to save the passkey."
        action="Continue"
        onClose={() => setAdding(false)}
        onConfirm={async (password, data) => {
          const options = await account.passkeyOptions(password);
          const response = await createPasskey(options);
          const name = String(data.get('name') ?? '');
          const { recoveryCodes } = await account.addPasskey({ name, response });
          setCodes(recoveryCodes ?? null);
          await onChange();
          toast.success('Passkey added');
        }}
      >
        <Field
          name="name"
          label="Name"
          defaultValue={deviceName(navigator.userAgent)}
          maxLength={80}
          hint="Helps you tell your passkeys apart."
        />
      </PasswordDialog>
      <PasswordDialog
        open={removing !== null}
        title={`Remove ${removing?.name ?? ''}?`}
        description="You can no longer log in with this passkey. Delete it from your device, too."
        action="Remove passkey"
        danger
        onClose={() => setRemoving(null)}
        onConfirm={async (password) => {
          if (!removing) return;
          await account.removePasskey(removing.id, password);
          await onChange();
          toast.success('Passkey removed');
        }}
      />
      <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} />
    </Card>
  );
}
