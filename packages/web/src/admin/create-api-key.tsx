import { type AdminAccount, SCOPES, type Scope } from '@parley/protocol';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { isolate } from '../lib/bidi.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { useAdmin } from './use-admin.ts';

const DAY_MS = 86_400_000;
const LIVES: readonly (readonly [string, string])[] = [
  ['90', '90 days'],
  ['365', 'A year'],
  ['30', '30 days'],
  ['', 'Until it is taken back'],
];

/** Makes a key for a program, and shows it the only time. */
export function CreateKey({
  program,
  open,
  onClose,
  onCreated,
}: {
  program: AdminAccount;
  open: boolean;
  onClose: () => void;
  onCreated: () => void;
}) {
  const [made, setMade] = useState<string | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={made === null ? `A key for ${isolate(program.displayName)}` : 'Store this key now'}
      description={
        made === null
          ? 'It can do what you tick, and nothing else.'
          : 'It is shown only this once. Whoever has it can do what it allows.'
      }
    >
      {made === null ? (
        <KeyForm
          program={program}
          onMade={(key) => {
            setMade(key);
            onCreated();
          }}
        />
      ) : (
        <div className="flex flex-col gap-4 pt-2">
          <code className="select-all break-all rounded-xl border border-line bg-sunken p-4 text-[13px]">
            {made}
          </code>
          <div className="flex flex-wrap justify-end gap-2">
            <CopyButton text={made} label="Copy the key" />
            <Button look="primary" onClick={close}>
              I have stored it
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

function KeyForm({ program, onMade }: { program: AdminAccount; onMade: (key: string) => void }) {
  const admin = useAdmin();
  const form = useForm(['name', 'scopes', 'life'], async ({ name, life }, data) => {
    const { key } = await admin.createApiKey(program.id, {
      name,
      scopes: data.getAll('scopes') as Scope[],
      ...(life && { expiresAt: new Date(Date.now() + Number(life) * DAY_MS).toISOString() }),
    });
    onMade(key);
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field
        name="name"
        label="Name"
        autoFocus
        maxLength={80}
        hint="Where it is used, for instance."
        error={form.errors.name}
      />
      <fieldset aria-describedby={form.errors.scopes ? 'scopes-note' : undefined}>
        <legend className="mb-1.5 font-medium text-sm text-soft">What it may do</legend>
        <div className="flex flex-col rounded-lg border border-line">
          {Object.entries(SCOPES).map(([scope, description]) => (
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
                <span className="block text-sm">{description}</span>
                <code className="block text-[12px] text-muted">{scope}</code>
              </span>
            </label>
          ))}
        </div>
        {form.errors.scopes && (
          <p id="scopes-note" className="mt-1.5 text-[13px] text-danger">
            {form.errors.scopes}
          </p>
        )}
      </fieldset>
      <Select name="life" label="Good for" options={LIVES} />
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        Make the key
      </Button>
    </form>
  );
}
