import { type AdminAccount, type CreatedApiKey, isolate, type Scope } from '@parley/protocol';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { inUnits } from '../lib/text.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { SCOPE_NAMES, SCOPE_TEXTS } from './scope-texts.ts';
import { WebhookUrl } from './webhook-url.tsx';

const DAY_MS = 86_400_000;
const expirations = () =>
  [
    ['90', inUnits(90, 'day')],
    ['365', inUnits(1, 'year')],
    ['30', inUnits(30, 'day')],
    ['', t('createApiKey.noExpiration')],
  ] as const;

/** Creates an API key for a service account, and shows it once. */
export function CreateApiKey({
  serviceAccount,
  open,
  onClose,
  onCreated,
}: {
  serviceAccount: AdminAccount;
  open: boolean;
  onClose: () => void;
  onCreated: () => void;
}) {
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={
        created === null
          ? t('createApiKey.title', { name: isolate(serviceAccount.displayName) })
          : t('createApiKey.createdTitle')
      }
      description={created === null ? t('createApiKey.intro') : t('createApiKey.createdIntro')}
    >
      {created === null ? (
        <KeyForm
          serviceAccount={serviceAccount}
          onKeyCreated={(key) => {
            setCreated(key);
            onCreated();
          }}
        />
      ) : (
        <div className="flex flex-col gap-4 pt-2">
          <code
            dir="ltr"
            className="select-all break-all rounded-xl border border-line bg-sunken p-4 text-note"
          >
            {created.key}
          </code>
          {created.scopes.includes('messages:write') && (
            <WebhookUrl apiKey={created.key} serviceAccount={serviceAccount} />
          )}
          <div className="flex flex-wrap justify-end gap-2">
            <CopyButton text={created.key} label={t('common.copyKey')} />
            <Button look="primary" onClick={close}>
              {t('createApiKey.saved')}
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

function KeyForm({
  serviceAccount,
  onKeyCreated,
}: {
  serviceAccount: AdminAccount;
  onKeyCreated: (key: CreatedApiKey) => void;
}) {
  const admin = useAdmin();
  const form = useForm(['name', 'scopes', 'expiration'], async ({ name, expiration }, data) => {
    const key = await admin.createApiKey(serviceAccount.id, {
      name,
      scopes: data.getAll('scopes') as Scope[],
      ...(expiration && {
        expiresAt: new Date(Date.now() + Number(expiration) * DAY_MS).toISOString(),
      }),
    });
    onKeyCreated(key);
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field
        name="name"
        label={t('common.name')}
        autoFocus
        maxLength={80}
        hint={t('createApiKey.nameHint')}
        error={form.errors.name}
      />
      <fieldset aria-describedby={form.errors.scopes ? 'scopes-note' : undefined}>
        <legend className="mb-1.5 font-medium text-sm text-soft">{t('createApiKey.scopes')}</legend>
        <div className="flex flex-col rounded-lg border border-line">
          {SCOPE_NAMES.map((scope) => (
            <label
              key={scope}
              className="flex min-h-11 cursor-pointer items-center gap-3 border-line border-t px-3 py-2 first:border-t-0 hover:bg-hover"
            >
              <input
                type="checkbox"
                name="scopes"
                value={scope}
                className="size-4 shrink-0 accent-(--accent)"
              />
              <span className="min-w-0">
                <span className="block text-sm">{t(SCOPE_TEXTS[scope])}</span>
                <code className="block text-caption text-muted">{scope}</code>
              </span>
            </label>
          ))}
        </div>
        {form.errors.scopes && (
          <p id="scopes-note" className="mt-1.5 text-note text-danger">
            {form.errors.scopes}
          </p>
        )}
      </fieldset>
      <Select name="expiration" label={t('createApiKey.expiration')} options={expirations()} />
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        {t('common.createApiKey')}
      </Button>
    </form>
  );
}
