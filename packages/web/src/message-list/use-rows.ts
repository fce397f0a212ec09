import type { TimelineMessage } from '@parley/client';
import type { Seq, TimelineEvent } from '@parley/protocol';
import { useMemo, useState } from 'react';
import { useParley } from '../session/use-client.ts';
import { type Row, RowBuilder } from './rows.ts';

/**
 * Returns the rows of a list of messages, with the line “New” after `lineAfter` and with timeline events between the
 * messages. Unchanged rows stay the same objects.
 */
export function useRows(
  messages: readonly TimelineMessage[],
  lineAfter: Seq | null,
  events?: readonly TimelineEvent[],
): readonly Row[] {
  const me = useParley((s) => s.me);
  const [builder] = useState(() => new RowBuilder());
  return useMemo(
    () => builder.build(messages, lineAfter, me?.id ?? null, events),
    [builder, messages, lineAfter, me, events],
  );
}
