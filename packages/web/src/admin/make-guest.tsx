import { type AdminAccount, type ConversationId, isolate } from '@parley/protocol';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { endOfDay } from '../lib/date-field.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field } from '../ui/field.tsx';
import { toast } from '../ui/toast.ts';
import { GroupChoice } from './group-choice.tsx';

/** Explains what a member loses by becoming a guest, and asks which public groups to keep. */
export function MakeGuest({
  account,
  onClose,
  onChange,
}: {
  account: AdminAccount;
  onClose: () => void;
  onChange: (account: AdminAccount) => void;
}) {
  const admin = useAdmin();
  const [kept, setKept] = useState<ReadonlySet<ConversationId>>(new Set());
  const form = useForm(['accessEndsAt'], async ({ accessEndsAt }) => {
    const ends = endOfDay(accessEndsAt);
    onChange(
      await admin.updateAccount(account.id, {
        role: 'guest',
        keepGroups: [...kept],
        ...(ends !== null && { accessEndsAt: ends }),
      }),
    );
    toast.success(t('guests.changed'));
    onClose();
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('guests.makeQuestion', { name: isolate(account.displayName) })}
      description={t('guests.makeIntro')}
    >
      <form {...form.props} className="flex flex-col gap-4 pt-2">
        <Problem text={form.problem} />
        <GroupChoice
          label={t('guests.keep')}
          chosen={kept}
          onChange={setKept}
          member={account.id}
        />
        <Field
          name="accessEndsAt"
          type="date"
          label={t('guests.accessEnds')}
          hint={t('guests.accessEndsHint')}
          error={form.errors.accessEndsAt}
        />
        <Button type="submit" look="danger" busy={form.busy} className="min-h-11">
          {t('guests.make')}
        </Button>
      </form>
    </Dialog>
  );
}
