import {
  type AccountId,
  type EventData,
  type Seq,
  SYSTEM,
  type TimelineEvent,
} from '@parley/protocol';
import { dayKey } from '../lib/time.ts';

/** A change of a group that is described by its actor alone. */
export type PlainChange =
  | 'created'
  | 'removedTopic'
  | 'changedDescription'
  | 'madePublic'
  | 'madePrivate'
  | 'archived'
  | 'restored'
  | 'changedPhoto';

/** What one line between the messages says. */
export type TimelineLine = { readonly key: string; readonly at: string } & (
  | { readonly kind: 'joined' | 'left'; readonly accounts: readonly AccountId[] }
  | {
      readonly kind: 'added' | 'removed';
      readonly actor: AccountId;
      readonly accounts: readonly AccountId[];
    }
  | { readonly kind: 'renamed' | 'changedTopic'; readonly actor: AccountId; readonly text: string }
  | { readonly kind: PlainChange; readonly actor: AccountId }
);

/**
 * Returns the lines for timeline events: one after the other, with members who joined, left, were added or removed
 * in a row in one line.
 */
export function linesOf(events: readonly TimelineEvent[]): TimelineLine[] {
  const lines: TimelineLine[] = [];
  for (const event of events) {
    for (const line of linesOfEvent(event)) {
      const last = lines.at(-1);
      const folded = last && fold(last, line);
      if (folded) lines[lines.length - 1] = folded;
      else if (!isFounder(last, line)) lines.push(line);
    }
  }
  return lines;
}

/** The lines of a day, and whether the day has to be named above them. */
export interface LinesOfDay {
  readonly at: string;
  readonly isNamed: boolean;
  readonly lines: readonly TimelineLine[];
}

/**
 * Returns the lines for timeline events by day. A day is named unless it is the one of `before`, the time of what is
 * shown above. If what follows, at `after`, is of another day, that day is the last entry, without lines.
 */
export function linesByDay(
  events: readonly TimelineEvent[],
  { before, after }: { readonly before?: string | undefined; readonly after?: string | undefined },
): LinesOfDay[] {
  const days: { at: string; events: TimelineEvent[] }[] = [];
  for (const event of events) {
    const day = days.at(-1);
    if (day && dayKey(day.at) === dayKey(event.at)) day.events.push(event);
    else days.push({ at: event.at, events: [event] });
  }
  const last = days.at(-1);
  if (last && after && dayKey(last.at) !== dayKey(after)) days.push({ at: after, events: [] });
  return days.map(({ at, events: ofDay }, i) => {
    const above = i === 0 ? before : days[i - 1]?.at;
    const isNamed = above === undefined || dayKey(above) !== dayKey(at);
    return { at, isNamed, lines: linesOf(ofDay) };
  });
}

function linesOfEvent(event: TimelineEvent): TimelineLine[] {
  const { seq, at, actor } = event;
  const base = { key: String(seq), at };
  switch (event.type) {
    case 'member.joined':
    case 'member.left': {
      const { account } = event.data;
      const hasJoined = event.type === 'member.joined';
      // The server adds and removes accounts when they are registered and deleted.
      return actor === account || actor === SYSTEM
        ? [{ ...base, kind: hasJoined ? 'joined' : 'left', accounts: [account] }]
        : [{ ...base, kind: hasJoined ? 'added' : 'removed', actor, accounts: [account] }];
    }
    case 'conversation.created':
      return actor === SYSTEM ? [] : [{ ...base, kind: 'created', actor }];
    case 'conversation.updated':
      return actor === SYSTEM ? [] : changesIn(seq, event.data).map((c) => ({ ...c, at, actor }));
  }
}

type Change = { readonly key: string } & (
  | { readonly kind: 'renamed' | 'changedTopic'; readonly text: string }
  | { readonly kind: PlainChange }
);

/** Returns the changes of one event that members want to know of. */
function changesIn(seq: Seq, data: EventData<'conversation.updated'>): Change[] {
  const { name, topic, description, visibility, archived, avatar } = data;
  const key = (field: string) => `${seq} ${field}`;
  const changes: Change[] = [];
  if (name !== undefined) changes.push({ key: key('name'), kind: 'renamed', text: name });
  if (topic === '') changes.push({ key: key('topic'), kind: 'removedTopic' });
  else if (topic !== undefined) {
    changes.push({ key: key('topic'), kind: 'changedTopic', text: topic });
  }
  if (description !== undefined) {
    changes.push({ key: key('description'), kind: 'changedDescription' });
  }
  if (visibility !== undefined) {
    const kind = visibility === 'public' ? 'madePublic' : 'madePrivate';
    changes.push({ key: key('visibility'), kind });
  }
  if (archived !== undefined) {
    changes.push({ key: key('archived'), kind: archived ? 'archived' : 'restored' });
  }
  if (avatar !== undefined) changes.push({ key: key('avatar'), kind: 'changedPhoto' });
  return changes;
}

/** Returns one line that says what both say; null if there is none. */
function fold(last: TimelineLine, next: TimelineLine): TimelineLine | null {
  if (!('accounts' in last && 'accounts' in next) || last.kind !== next.kind) return null;
  const byOthers = 'actor' in last && 'actor' in next && last.actor !== next.actor;
  if (byOthers) return null;
  return { ...last, accounts: [...new Set([...last.accounts, ...next.accounts])] };
}

/** Whether a line says that the creator of a group has joined it, which goes without saying. */
const isFounder = (last: TimelineLine | undefined, line: TimelineLine): boolean =>
  last?.kind === 'created' && line.kind === 'joined' && line.accounts.includes(last.actor);
