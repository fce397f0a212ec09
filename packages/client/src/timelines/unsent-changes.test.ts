import type { AccountId, ConversationId, DurableCommand, Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import type { OutboxEntry } from '../storage/store.ts';
import type { TimelineMessage } from './timeline-types.ts';
import { changesIn, withChanges } from './unsent-changes.ts';

const ME = 'me' as AccountId;
const ANN = 'ann' as AccountId;
const C = 'c' as ConversationId;
const at = (seq: number) => seq as Seq;

const entry = (command: object, state: OutboxEntry['state'] = 'pending'): OutboxEntry =>
  ({ command: { conversation: C, message: 1, ...command }, state }) as OutboxEntry;
const edit = (body: string) => entry({ op: 'edit', body });
const react = (emoji: string) => entry({ op: 'react', emoji });
const unreact = (emoji: string) => entry({ op: 'unreact', emoji });

const message = {
  body: 'before',
  deletedAt: null,
  reactions: [{ emoji: '👍', accounts: [ANN, ME] }],
} as unknown as TimelineMessage;
const after = (...entries: OutboxEntry[]) =>
  withChanges(message, changesIn(entries, C, new Map()).get(at(1)) ?? [], ME);

test('edits and reactions are shown in their order before they are acknowledged', () => {
  expect(after()).toBe(message);
  expect(after(edit('once'), edit('twice'))).toMatchObject({ body: 'twice', isChanging: true });
  expect(after(unreact('👍'), react('🎉')).reactions).toEqual([
    { emoji: '👍', accounts: [ANN] },
    { emoji: '🎉', accounts: [ME] },
  ]);
  expect(after(react('🎉'), unreact('🎉')).reactions).toEqual(message.reactions);
  expect(after(react('👍')).reactions).toEqual(message.reactions);
});

test('failed changes, other conversations and deleted messages are left out', () => {
  const others = [entry({ op: 'edit', body: 'x' }, 'failed'), entry({ op: 'post', body: 'x' })];
  expect(after(...others, entry({ op: 'edit', body: 'x', conversation: 'd' }))).toBe(message);
  const deleted = { ...message, deletedAt: '2026-01-01T00:00:00Z' };
  const commands: readonly DurableCommand[] = [edit('x').command];
  expect(withChanges(deleted, commands, ME)).toBe(deleted);
});

test('the changes of a message are the same object while nothing changes', () => {
  const first = edit('first');
  const before = changesIn([first], C, new Map());
  const more = changesIn([first, entry({ op: 'edit', body: 'x', message: 2 })], C, before);
  expect(more.get(at(1))).toBe(before.get(at(1)));
  expect(changesIn([first, edit('second')], C, before).get(at(1))).toHaveLength(2);
});
