import type { AccountRole, AdminAccount } from '@parley/protocol';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { dayOf, endOfDay } from '../lib/date-field.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { toast } from '../ui/toast.ts';
import { MakeGuest } from './make-guest.tsx';
import { roleOptions } from './role-options.ts';

/** Changes the names, the email address and the role of an account, and when the access of a guest ends. */
export function EditAccount({
  account,
  onChange,
}: {
  account: AdminAccount;
  onChange: (account: AdminAccount) => void;
}) {
  const admin = useAdmin();
  const roles = account.assignableRoles;
  const isGuest = account.role === 'guest';
  const [isMakingGuest, setIsMakingGuest] = useState(false);
  const names = ['displayName', 'username', 'email', 'role', 'accessEndsAt'] as const;
  const form = useForm(names, async ({ displayName, username, email, role, accessEndsAt }) => {
    const becomesGuest = role === 'guest' && !isGuest;
    const ends = isGuest && role === 'guest' && accessEndsAt !== dayOf(account.accessEndsAt);
    onChange(
      await admin.updateAccount(account.id, {
        ...(displayName !== account.displayName && { displayName }),
        ...(username !== account.username && { username }),
        ...(account.email !== null && email !== account.email && { email }),
        ...(roles.length > 0 &&
          role !== '' &&
          role !== account.role &&
          !becomesGuest && { role: role as AccountRole }),
        ...(ends && { accessEndsAt: endOfDay(accessEndsAt) }),
      }),
    );
    // Shows first what the account loses.
    if (becomesGuest) setIsMakingGuest(true);
    else toast.success(t('common.changesSaved'));
  });
  return (
    <>
      <form
        key={account.id}
        {...form.props}
        className="grid grid-cols-1 gap-4 min-[480px]:grid-cols-2"
      >
        <div className="empty:hidden min-[480px]:col-span-2">
          <Problem text={form.problem} />
        </div>
        <Field
          name="displayName"
          label={t('common.name')}
          defaultValue={account.displayName}
          error={form.errors.displayName}
        />
        <Field
          name="username"
          label={t('common.username')}
          defaultValue={account.username}
          autoCapitalize="none"
          spellCheck={false}
          error={form.errors.username}
        />
        {account.email !== null && (
          <Field
            name="email"
            type="email"
            label={t('common.email')}
            defaultValue={account.email}
            error={form.errors.email}
          />
        )}
        <Select
          name="role"
          label={t('common.role')}
          options={roleOptions(roles.length > 0 ? roles : [account.role])}
          defaultValue={account.role}
          disabled={roles.length === 0}
        />
        {isGuest && (
          <Field
            name="accessEndsAt"
            type="date"
            label={t('guests.accessEnds')}
            defaultValue={dayOf(account.accessEndsAt)}
            hint={t('guests.accessEndsHint')}
            error={form.errors.accessEndsAt}
          />
        )}
        <div className="min-[480px]:col-span-2">
          <Button type="submit" look="primary" busy={form.busy}>
            {t('common.saveChanges')}
          </Button>
        </div>
      </form>
      {isMakingGuest && (
        <MakeGuest account={account} onClose={() => setIsMakingGuest(false)} onChange={onChange} />
      )}
    </>
  );
}
