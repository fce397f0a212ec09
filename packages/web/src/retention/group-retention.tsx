import type { ConversationView } from '@parley/client';
import type { ConversationRetention, ExpiredCount, MessageRetention } from '@parley/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { inUnits } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Select } from '../ui/select.tsx';
import { useOptimistic } from '../ui/use-optimistic.ts';
import { deletionWarning, periodOptions } from './periods.ts';
import { retentionQuery, useRetention } from './use-retention.ts';

/** Lets an owner choose how long a group keeps messages. */
export function GroupRetention({ view }: { view: ConversationView }) {
  const client = useClient();
  const { data } = useRetention(view.id);
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState<{ choice: MessageRetention; count: ExpiredCount } | null>(
    null,
  );
  const [shown, saveShown] = useOptimistic(data?.retention);
  if (!data) return null;
  const options = optionsOf(data);
  const isOverridden = daysOf(data.retention, data) !== data.days;
  const save = (choice: MessageRetention) =>
    saveShown(choice, async () => {
      const changed = await client.api.retention.change(view.id, choice);
      queryClient.setQueryData(retentionQuery(client, view.id).queryKey, changed);
    });
  const choose = (choice: MessageRetention) =>
    attempt(async () => {
      const days = daysOf(choice, data);
      if (days !== null && (data.days === null || days < data.days)) {
        const count = await client.api.retention.countExpired(view.id, days);
        if (count.messages > 0) {
          setAsking({ choice, count });
          return;
        }
      }
      await save(choice);
    });
  return (
    <>
      <Select
        label={t('retention.label')}
        options={options}
        value={String(shown)}
        disabled={options.length === 1}
        onChange={(event) => void choose(choiceOf(event.target.value))}
        className={isOverridden ? 'mb-1.5' : 'mb-5'}
      />
      {isOverridden && (
        <p className="mb-5 text-note text-muted">
          {t('retention.overridden', { period: periodOf(data.days) })}
        </p>
      )}
      <Confirm
        open={asking !== null}
        title={t('retention.confirm')}
        description={asking ? deletionWarning(asking.count) : ''}
        action={t('retention.delete')}
        onCancel={() => setAsking(null)}
        onConfirm={() => {
          if (asking) void save(asking.choice);
          setAsking(null);
        }}
      />
    </>
  );
}

const choiceOf = (value: string): MessageRetention =>
  value === 'server' || value === 'keep' ? value : Number(value);

/** Returns the days of a choice; null: messages are kept forever. */
const daysOf = (choice: MessageRetention, { serverDays }: ConversationRetention): number | null =>
  choice === 'server' ? serverDays : choice === 'keep' ? null : choice;

const periodOf = (days: number | null): string =>
  days === null ? t('retention.forever') : inUnits(days, 'day');

function optionsOf({
  retention,
  serverDays,
  maxDays,
  mayKeep,
}: ConversationRetention): [string, string][] {
  const isKept = mayKeep || retention === 'keep';
  const own = typeof retention === 'number' ? retention : null;
  return [
    ['server', t('retention.asServer', { period: periodOf(serverDays) })],
    ...(isKept ? ([['keep', t('retention.forever')]] as [string, string][]) : []),
    ...periodOptions(own, maxDays ?? 0),
  ];
}
