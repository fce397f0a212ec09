import type { ConversationId, CreatedInvitation } from '@parley/protocol';
import { useState } from 'react';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { endOfDay } from '../lib/date-field.ts';
import { inUnits } from '../lib/text.ts';
import { useAdmin } from '../session/use-admin.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { GroupChoice } from './group-choice.tsx';

const DAY_MS = 86_400_000;

/** Creates an invitation, for members or for guests of some groups. */
export function InviteForm({ onCreated }: { onCreated: (invitation: CreatedInvitation) => void }) {
  const admin = useAdmin();
  const [isGuest, setIsGuest] = useState(false);
  const [groups, setGroups] = useState<ReadonlySet<ConversationId>>(new Set());
  const names = ['email', 'maxUses', 'days', 'accessEndsAt'] as const;
  const form = useForm(names, async ({ email, maxUses, days, accessEndsAt }) => {
    onCreated(
      await admin.createInvitation({
        ...(email.trim() && { email: email.trim() }),
        maxUses: Number(maxUses) || 1,
        expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
        ...(isGuest && { guest: { groups: [...groups], accessEndsAt: endOfDay(accessEndsAt) } }),
      }),
    );
  });
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field
        name="email"
        type="email"
        label={t('common.email')}
        hint={t('invitations.emailHint')}
        autoFocus
        error={form.errors.email}
      />
      <div className="grid grid-cols-2 gap-4">
        <Field
          name="maxUses"
          type="number"
          min={1}
          max={1000}
          defaultValue={1}
          label={t('invitations.maxUses')}
          error={form.errors.maxUses}
        />
        <Select
          name="days"
          label={t('invitations.expiresAfter')}
          options={[
            ['7', inUnits(7, 'day')],
            ['1', inUnits(1, 'day')],
            ['30', inUnits(30, 'day')],
          ]}
        />
      </div>
      <Select
        label={t('guests.inviteAs')}
        options={[
          ['member', t('guests.asMember')],
          ['guest', t('guests.asGuest')],
        ]}
        onChange={(event) => setIsGuest(event.target.value === 'guest')}
      />
      {isGuest && (
        <>
          <GroupChoice
            label={t('guests.groups')}
            chosen={groups}
            onChange={setGroups}
            withPrivate
          />
          <Field
            name="accessEndsAt"
            type="date"
            label={t('guests.accessEnds')}
            hint={t('guests.accessEndsHint')}
            error={form.errors.accessEndsAt}
          />
        </>
      )}
      <Button
        type="submit"
        look="primary"
        busy={form.busy}
        disabled={isGuest && groups.size === 0}
        className="min-h-11"
      >
        {t('invitations.submit')}
      </Button>
    </form>
  );
}
