import type { Passkey, SecondFactors } from '@parley/protocol';
import { KeyRound, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { PasswordDialog } from '../auth/password-dialog.tsx';
import { RecoveryCodesDialog } from '../auth/recovery-codes.tsx';
import { deviceName } from '../lib/device-name.ts';
import { ago, dateOf } from '../lib/time.ts';
import { createPasskey, hasPasskeys } from '../session/passkey.ts';
import { useAccount } from '../session/use-account.ts';
import { t } from '../texts/index.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Field } from '../ui/field.tsx';
import { toast } from '../ui/toast.ts';

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
      title={t('passkeys.title')}
      description={t('passkeys.intro')}
      actions={
        hasPasskeys() && (
          <Button onClick={() => setAdding(true)}>
            <Plus size={16} /> {t('passkeys.add')}
          </Button>
        )
      }
    >
      {factors.passkeys.length > 0 ? (
        <PasskeyList passkeys={factors.passkeys} onRemove={setRemoving} />
      ) : (
        <p className="text-muted text-sm">
          {hasPasskeys() ? t('passkeys.none') : t('passkeys.unavailable')}
        </p>
      )}
      <PasswordDialog
        open={adding}
        title={t('passkeys.add')}
        description={t('passkeys.addIntro')}
        action={t('common.continue')}
        onClose={() => setAdding(false)}
        onConfirm={async (password, data) => {
          const options = await account.passkeyOptions(password);
          const response = await createPasskey(options);
          const name = String(data.get('name') ?? '');
          const { recoveryCodes } = await account.addPasskey({ name, response });
          setCodes(recoveryCodes ?? null);
          await onChange();
          toast.success(t('passkeys.added'));
        }}
      >
        <Field
          name="name"
          label={t('common.name')}
          defaultValue={deviceName(navigator.userAgent)}
          maxLength={80}
          hint={t('passkeys.nameHint')}
        />
      </PasswordDialog>
      <PasswordDialog
        open={removing !== null}
        title={t('passkeys.removeQuestion', { name: removing?.name ?? '' })}
        description={t('passkeys.removeIntro')}
        action={t('passkeys.remove')}
        danger
        onClose={() => setRemoving(null)}
        onConfirm={async (password) => {
          if (!removing) return;
          await account.removePasskey(removing.id, password);
          await onChange();
          toast.success(t('passkeys.removed'));
        }}
      />
      <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} />
    </Card>
  );
}

function PasskeyList({
  passkeys,
  onRemove,
}: {
  passkeys: readonly Passkey[];
  onRemove: (passkey: Passkey) => void;
}) {
  return (
    <ul className="-mx-2 flex flex-col">
      {passkeys.map((passkey) => (
        <li key={passkey.id} className="flex min-h-14 items-center gap-3 rounded-lg px-2">
          <span className="flex size-9 shrink-0 items-center justify-center rounded-avatar bg-sunken text-muted">
            <KeyRound size={17} />
          </span>
          <span className="min-w-0 flex-1">
            <bdi className="block truncate font-medium">{passkey.name}</bdi>
            <span className="block truncate text-note text-muted">
              {passkey.lastUsedAt
                ? t('passkeys.addedAndUsed', {
                    date: dateOf(passkey.createdAt),
                    ago: ago(passkey.lastUsedAt),
                  })
                : t('passkeys.addedOn', { date: dateOf(passkey.createdAt) })}
            </span>
          </span>
          <IconButton
            label={t('passkeys.removeNamed', { name: passkey.name })}
            onClick={() => onRemove(passkey)}
          >
            <Trash2 size={17} />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
