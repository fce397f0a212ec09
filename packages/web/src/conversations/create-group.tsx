import type { AccountId, Visibility } from '@parley/protocol';
import { useNavigate } from '@tanstack/react-router';
import { Check, Hash, Lock } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { cx } from '../ui/cx.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { UsersPicker } from '../users/user-picker.tsx';
import { useSameNameWarning } from './same-name.tsx';

const KINDS = [
  ['public', 'createGroup.public', 'createGroup.publicHint', Hash],
  ['private', 'createGroup.private', 'createGroup.privateHint', Lock],
] as const;

/** Creates a group and opens it. */
export function CreateGroup({ open, onClose }: { open: boolean; onClose: () => void }) {
  const client = useClient();
  const navigate = useNavigate();
  const [visibility, setVisibility] = useState<Visibility>('public');
  const [members, setMembers] = useState<readonly AccountId[]>([]);
  const { warning, setName } = useSameNameWarning();
  useEffect(() => {
    if (!open) return;
    setMembers([]);
    setName('');
  }, [open, setName]);
  const form = useForm(['name'], async ({ name }) => {
    const group = await client.api.createGroup({ name, visibility, members });
    onClose();
    await navigate({ to: '/c/$id', params: { id: group.id } });
  });
  return (
    <Dialog open={open} onClose={onClose} title={t('createGroup.title')}>
      <form {...form.props} className="flex flex-col gap-5">
        <Problem text={form.problem} />
        <div className="flex flex-col gap-1.5">
          <Field
            name="name"
            label={t('common.name')}
            placeholder={t('createGroup.namePlaceholder')}
            autoFocus
            maxLength={80}
            error={form.errors.name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
          {warning}
        </div>
        <fieldset>
          <legend className="mb-1.5 font-medium text-sm text-soft">
            {t('createGroup.visibility')}
          </legend>
          <div className="grid grid-cols-2 gap-2.5">
            {KINDS.map(([value, description, note, Icon]) => (
              <label
                key={value}
                className={cx(
                  'relative cursor-pointer rounded-xl border p-3 has-focus-visible:ring-3 has-focus-visible:ring-accent/30',
                  visibility === value
                    ? 'border-accent bg-accent-soft'
                    : 'border-edge hover:bg-hover',
                )}
              >
                <input
                  type="radio"
                  name="visibility"
                  value={value}
                  checked={visibility === value}
                  onChange={() => setVisibility(value)}
                  className="sr-only"
                />
                <span className="flex items-center gap-2 font-medium">
                  <Icon size={16} /> {t(description)}
                  {visibility === value && <Check size={16} className="ms-auto text-accent" />}
                </span>
                <span className="mt-1 block text-note text-muted">{t(note)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <UsersPicker label={t('createGroup.addPeople')} chosen={members} onChange={setMembers} />
        <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
          {t('createGroup.submit')}
        </Button>
      </form>
    </Dialog>
  );
}
