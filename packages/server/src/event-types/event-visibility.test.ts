import { readdirSync, readFileSync } from 'node:fs';
import {
  type AccountId,
  EVENT_TYPES,
  type EventType,
  type Seq,
  type StreamId,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { endsMembership } from '../stream/event-visibility.ts';
import type { StoredEvent } from '../stream/record.ts';
import { EVENT_VISIBILITY } from './event-visibility.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;

const event = (type: EventType, data: unknown): StoredEvent => ({
  stream: '01890000-0000-7000-8000-000000000001' as StreamId,
  seq: 1 as Seq,
  type,
  actor: ann,
  client: null,
  at: '2026-01-01T00:00:00.000Z',
  data: JSON.stringify(data),
});
const endedFor = (e: StoredEvent) =>
  [ann, bob].filter((a) => endsMembership(EVENT_VISIBILITY, e, a));

test('an event that ends memberships ends those of the accounts concerned', () => {
  expect(endedFor(event('member.left', { account: bob }))).toEqual([bob]);
  expect(endedFor(event('conversation.deleted', {}))).toEqual([ann, bob]);
  expect(endedFor(event('message.posted', { body: bob }))).toEqual([]);
});

test.each([null, {}, { account: 7 }, 'text'])(
  'member.left with the data %j ends no membership',
  (data) => {
    expect(endedFor(event('member.left', data))).toEqual([]);
  },
);

test('an event of an unknown type ends no membership', () => {
  expect(endedFor(event('message.sung' as EventType, { account: bob }))).toEqual([]);
});

test('the stream layer names no event type', () => {
  const folder = new URL('../stream/', import.meta.url);
  const sources = readdirSync(folder).filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts'));
  expect(sources.length).toBeGreaterThan(10);
  const named = sources.flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return EVENT_TYPES.filter((type) => text.includes(type)).map((type) => `${file}: ${type}`);
  });
  expect(named).toEqual([]);
});
