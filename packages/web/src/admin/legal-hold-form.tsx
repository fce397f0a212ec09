import type { ParleyApi } from '@parley/client';
import type { AccountId, ConversationId } from '@parley/protocol';
import { Problem } from '../auth/problem.tsx';
import { useForm } from '../auth/use-form.ts';
import { startOfDay, startOfNextDay } from '../lib/date-field.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { toast } from '../ui/toast.ts';
import { accountNamed } from './account-named.ts';

/** Places a legal hold over users and groups that are entered by their names. */
export function LegalHoldForm({ onPlaced }: { onPlaced: () => void }) {
  const { api } = useClient();
  const form = useForm(
    ['name', 'reason', 'users', 'groups', 'since', 'until'],
    async ({ name, reason, users, groups, since, until }) => {
      // The answer of the server names no field of this form.
      if (namesIn(users + groups).length === 0) throw new Error(t('legalHolds.noTarget'));
      const accounts = await Promise.all(namesIn(users).map((user) => userNamed(api, user)));
      const conversations = await Promise.all(
        namesIn(groups).map((group) => groupsNamed(api, group)),
      );
      await api.legalHolds.place({
        name,
        reason,
        accounts,
        conversations: conversations.flat(),
        ...(since && { since: startOfDay(since) }),
        // The last day is included.
        ...(until && { until: startOfNextDay(until) }),
      });
      toast.success(t('legalHolds.placed'));
      onPlaced();
    },
  );
  return (
    <form {...form.props} className="flex flex-col gap-4 pt-2">
      <Problem text={form.problem} />
      <Field name="name" label={t('legalHolds.name')} autoFocus error={form.errors.name} />
      <TextArea name="reason" label={t('legalHolds.reason')} rows={2} error={form.errors.reason} />
      <TextArea name="users" label={t('legalHolds.users')} rows={2} error={form.errors.users} />
      <TextArea name="groups" label={t('legalHolds.groups')} rows={2} error={form.errors.groups} />
      <div className="grid grid-cols-2 gap-4">
        <Field
          name="since"
          type="date"
          label={t('legalHolds.startDate')}
          error={form.errors.since}
        />
        <Field name="until" type="date" label={t('legalHolds.endDate')} error={form.errors.until} />
      </div>
      <Button type="submit" look="primary" busy={form.busy} className="min-h-11">
        {t('legalHolds.submit')}
      </Button>
    </form>
  );
}

/** Returns the names in a text with one per line. */
const namesIn = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
];

async function userNamed(api: ParleyApi, name: string): Promise<AccountId> {
  const account = await accountNamed(api, name);
  if (!account) throw new Error(t('legalHolds.unknownUser', { name }));
  return account;
}

/** Returns all groups with a name: several private groups may share one. */
async function groupsNamed(api: ParleyApi, name: string): Promise<ConversationId[]> {
  const { items } = await api.legalHolds.findGroups(name);
  const matches = items.filter((group) => group.name.toLowerCase() === name.toLowerCase());
  if (matches.length === 0) throw new Error(t('legalHolds.unknownGroup', { name }));
  return matches.map(({ id }) => id);
}
