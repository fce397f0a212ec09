import type { ConversationView } from '@parley/client';
import type { ConversationRetention, ExpiredCount, MessageRetention } from '@parley/protocol';
import { useState } from 'react';
import { attempt } from '../lib/attempt.ts';
import { inUnits } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { Confirm } from '../ui/confirm.tsx';
import { Select } from '../ui/select.tsx';
import { deletionWarning, periodOptions } from './periods.ts';
import { useRetention } from './use-retention.ts';

/** Lets an owner choose how long a group keeps messages. */
export function GroupRetention({ view }: { view: ConversationView }) {
  const client = useClient();
  const { data, set } = useRetention(view.id);
  const [asking, setAsking] = useState<{ choice: MessageRetention; count: ExpiredCount } | null>(
    null,
  );
  if (!data) return null;
  const save = (choice: MessageRetention) =>
    attempt(async () => {
      const changed = await client.api.retention.change(view.id, choice);
      set(() => changed);
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
        options={optionsOf(data)}
        value={String(data.retention)}
        onChange={(event) => void choose(choiceOf(event.target.value))}
        className="mb-5"
      />
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

/** Returns the days that a choice means; null: messages are kept for ever. */
const daysOf = (choice: MessageRetention, { serverDays }: ConversationRetention): number | null =>
  choice === 'server' ? serverDays : choice === 'keep' ? null : choice;

function optionsOf({
  retention,
  serverDays,
  maxDays,
  mayKeep,
}: ConversationRetention): [string, string][] {
  const server = serverDays === null ? t('retention.forever') : inUnits(serverDays, 'day');
  const isKept = mayKeep || retention === 'keep';
  const own = typeof retention === 'number' ? retention : null;
  return [
    ['server', t('retention.asServer', { period: server })],
    ...(isKept ? ([['keep', t('retention.forever')]] as [string, string][]) : []),
    ...periodOptions(own, maxDays ?? 0),
  ];
}
