import type { ConversationId, Draft, Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import type { DeviceDraft } from '../composer/drafts/stored-draft.ts';
import { listed } from './listed-drafts.ts';

const saved = (conversation: string, body: string, updatedAt: string) =>
  ({ conversation, thread: null, body, version: 1, updatedAt }) as Draft;
const onDevice = (conversation: string, body: string, isUnsaved: boolean): DeviceDraft => ({
  conversation: conversation as ConversationId,
  thread: null,
  body,
  isUnsaved,
});
const texts = (...lists: Parameters<typeof listed>) =>
  listed(...lists).map(({ conversation, body }) => `${conversation}: ${body}`);

test('lists the drafts of the server, the last changed first', () => {
  const drafts = [saved('a', 'older', '2026-01-01'), saved('b', 'newer', '2026-01-02')];
  expect(texts(drafts, [])).toEqual(['b: newer', 'a: older']);
  expect(listed(drafts, []).map((draft) => draft.saved)).toEqual([drafts[1], drafts[0]]);
});

test('lists first what only this device has, and unsaved changes in place of the saved text', () => {
  const drafts = [saved('a', 'saved', '2026-01-01')];
  const here = [onDevice('a', 'changed', true), onDevice('b', 'new', true)];
  expect(texts(drafts, here)).toEqual(['b: new', 'a: changed']);
});

test('does not list a saved draft that another device has deleted', () => {
  expect(texts([], [onDevice('a', 'deleted', false)])).toEqual([]);
});

test('lists all drafts of the device if those of the server are not known', () => {
  const inThread = { ...onDevice('a', 'reply', true), thread: 7 as Seq };
  expect(texts(undefined, [onDevice('a', 'saved', false), inThread])).toEqual([
    'a: saved',
    'a: reply',
  ]);
});
