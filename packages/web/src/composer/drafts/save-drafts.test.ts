import type { DraftPlace, ParleyClient } from '@parley/client';
import { draftKey } from '@parley/client';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StorageForTests } from '../../lib/storage-for-tests.ts';
import { recordLogin } from '../../session/login-record.ts';
import { saveDrafts } from './save-drafts.ts';
import { readSentDraft, writeSentDraft } from './sent-draft.ts';
import { deviceDrafts, writeDraft, writeDraftBase } from './stored-draft.ts';

const me = 'me' as AccountId;
const other = 'other' as AccountId;
const general = { conversation: 'general' as ConversationId, thread: null };
const reply = { conversation: 'general' as ConversationId, thread: 7 as Seq };

beforeEach(() => {
  vi.stubGlobal('localStorage', new StorageForTests());
  recordLogin(me);
});
afterEach(() => vi.unstubAllGlobals());

/** A client whose server has these drafts, and the drafts that are saved with it. */
function aClient(onServer: Record<string, string> = {}) {
  const saved: string[] = [];
  const client = {
    snapshot: { conversations: new Map([['general', {}]]) },
    drafts: {
      get: (place: DraftPlace) => {
        const body = onServer[draftKey(place)];
        return body === undefined ? null : { body };
      },
      save: async (place: DraftPlace, body: string) => {
        saved.push(`${draftKey(place)}: ${body}`);
      },
    },
  };
  const save = () => saveDrafts(client as unknown as ParleyClient, me, deviceDrafts(me));
  return { save, saved };
}

test('the drafts of a device are those with a text, with whether the server has it', () => {
  writeDraft(me, general, 'hello');
  writeDraft(me, reply, 'saved');
  writeDraftBase(me, reply, 'saved');
  writeDraft(me, { conversation: 'blank' as ConversationId }, '  ');
  expect(deviceDrafts(me)).toEqual([
    { ...general, body: 'hello', isUnsaved: true },
    { ...reply, body: 'saved', isUnsaved: false },
  ]);
  expect(deviceDrafts(other)).toEqual([]);
});

test('saves drafts of conversations and threads, once', async () => {
  const { save, saved } = aClient();
  writeDraft(me, general, 'hello');
  writeDraft(me, reply, 'a reply');
  await save();
  expect(saved).toEqual(['general: hello', 'general.7: a reply']);
  expect(deviceDrafts(me).map(({ isUnsaved }) => isUnsaved)).toEqual([false, false]);
});

test('does not replace what another device has written meanwhile', async () => {
  const { save, saved } = aClient({ general: 'from elsewhere' });
  writeDraft(me, general, 'hello');
  await save();
  expect(saved).toEqual([]);
});

test('does not save what was sent, is too long, or belongs to a conversation that was left', async () => {
  const { save, saved } = aClient();
  writeDraft(me, general, 'sent');
  writeSentDraft(me, general, ['sent']);
  writeDraft(me, reply, 'x'.repeat(1_000_000));
  writeDraft(me, { conversation: 'left' as ConversationId }, 'hello');
  await save();
  expect(saved).toEqual([]);
});

test('the texts that were sent are kept once each, and none of a message without a text', () => {
  writeSentDraft(me, general, ['', 'sent', 'sent']);
  expect(readSentDraft(me, general)).toEqual(['sent']);
  writeSentDraft(me, general, ['']);
  expect(readSentDraft(me, general)).toEqual([]);
});
