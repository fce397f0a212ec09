import type { ClientSnapshot, DraftPlace, ParleyClient } from '@parley/client';
import type { AccountId, ConversationId, Draft } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { renderHook, windowForHooks } from '../../lib/render-hook-for-tests.ts';
import { StorageForTests } from '../../lib/storage-for-tests.ts';
import { recordLogin } from '../../session/login-record.ts';
import { SessionProvider } from '../../session/use-client.ts';
import { useDraft } from './use-server-draft.ts';

const me = 'me' as AccountId;
const general = 'general' as ConversationId;

beforeEach(() => {
  vi.stubGlobal('window', windowForHooks);
  vi.stubGlobal('localStorage', new StorageForTests());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  recordLogin(me);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The draft on the server, and the client of this device. */
function aServer(body: string | null = null) {
  const requests: string[] = [];
  const server = { version: body === null ? 0 : 1, body, isFailing: false };
  const draftListeners = new Set<(change: object) => void>();
  const listeners = new Set<() => void>();
  let snapshot = { state: 'live' } as ClientSnapshot;
  const draft = () =>
    server.body === null ? null : ({ body: server.body, version: server.version } as Draft);
  const change = (next: string | null) => {
    server.version++;
    server.body = next;
    for (const listener of draftListeners) listener({ conversation: general, thread: null });
  };
  const client = {
    get snapshot() {
      return snapshot;
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    on: (_event: string, listener: (change: object) => void) => {
      draftListeners.add(listener);
      return () => draftListeners.delete(listener);
    },
    drafts: {
      get: draft,
      load: async () => void requests.push('load'),
      save: async (_place: DraftPlace, text: string) => {
        requests.push(`save ${text}`);
        if (server.isFailing) throw new Error('offline');
        change(text);
        return draft();
      },
    },
    api: {
      deleteDraft: async (_place: DraftPlace, version?: number) => {
        requests.push(`delete ${version ?? 'any'}`);
        if (version === undefined || version === server.version) change(null);
      },
    },
  };
  const become = (state: ClientSnapshot['state']) => {
    snapshot = { ...snapshot, state };
    for (const listener of listeners) listener();
  };
  return { client: client as unknown as ParleyClient, server, requests, change, become };
}

/** Opens the conversation on this device. */
async function open(on: ReturnType<typeof aServer>) {
  const field = await renderHook(useDraft, { conversation: general }, (component) => (
    <SessionProvider value={{ client: on.client, account: me }}>{component}</SessionProvider>
  ));
  const type = (text: string) => field.change(() => field.result.setText(text));
  const pass = (ms: number) => field.change(() => vi.advanceTimersByTimeAsync(ms));
  /** Sends the text on the screen; returns a function that acknowledges it. */
  const send = async () => {
    let acknowledge = () => undefined as unknown;
    await field.change(() => {
      field.result.sent(new Promise<void>((resolve) => (acknowledge = resolve)));
      field.result.setText('');
    });
    return () => field.change(() => acknowledge());
  };
  return { field, type, pass, send };
}

test('a text is saved a second after the last change, and deleted when it is emptied', async () => {
  const server = aServer();
  const { type, pass } = await open(server);
  await type('h');
  await pass(900);
  await type('hello');
  await pass(900);
  expect(server.requests).toEqual(['load']);
  await pass(100);
  expect(server.requests).toEqual(['load', 'save hello']);
  await pass(60_000);
  await type(' ');
  await pass(1_000);
  expect(server.requests).toEqual(['load', 'save hello', 'delete any']);
});

test('a text that can be neither saved nor sent is not saved', async () => {
  const server = aServer();
  const { type, pass } = await open(server);
  await type('x'.repeat(100_000));
  await pass(1_000);
  expect(server.requests).toEqual(['load']);
});

test('a draft of another device is shown, but never in place of unsaved changes', async () => {
  const server = aServer('from the phone');
  const { field, type, pass } = await open(server);
  expect(field.result.text).toBe('from the phone');
  await field.change(() => server.change('from the tablet'));
  expect(field.result.text).toBe('from the tablet');
  await type('from here');
  await field.change(() => server.change('later from the phone'));
  expect(field.result.text).toBe('from here');
  await pass(1_000);
  expect(server.server.body).toBe('from here');
  await field.change(() => server.change(null));
  expect(field.result.text).toBe('');
});

test('without a connection nothing is saved, until it is there', async () => {
  const server = aServer();
  const { field, type, pass } = await open(server);
  await field.change(() => server.become('connecting'));
  await type('hello');
  await pass(60_000);
  expect(server.requests).toEqual(['load']);
  await field.change(() => server.become('live'));
  await pass(1_000);
  expect(server.requests).toEqual(['load', 'load', 'save hello']);
});

test('a save that fails is repeated later', async () => {
  const server = aServer();
  const { type, pass } = await open(server);
  server.server.isFailing = true;
  await type('hello');
  await pass(1_000);
  server.server.isFailing = false;
  await pass(14_999);
  expect(server.requests).toEqual(['load', 'save hello']);
  await pass(1);
  expect(server.requests).toEqual(['load', 'save hello', 'save hello']);
  await pass(60_000);
  expect(server.requests).toHaveLength(3);
});

test('the draft of a sent text is deleted once it is acknowledged, and what was typed since is saved', async () => {
  const server = aServer();
  const { field, type, pass, send } = await open(server);
  await type('hello');
  await pass(1_000);
  const acknowledge = await send();
  await type('next');
  await pass(60_000);
  expect(server.requests).toEqual(['load', 'save hello']);
  await acknowledge();
  expect(server.requests).toEqual(['load', 'save hello', 'delete 1']);
  expect(field.result.text).toBe('next');
  await pass(1_000);
  expect(server.requests.at(-1)).toBe('save next');
});

test('a draft that another device has saved since is kept when the text is acknowledged', async () => {
  const server = aServer();
  const { field, type, pass, send } = await open(server);
  await type('hello');
  await pass(1_000);
  const acknowledge = await send();
  await field.change(() => server.change('from the phone'));
  await acknowledge();
  expect(server.requests.at(-1)).toBe('delete 1');
  expect(server.server.body).toBe('from the phone');
});

test('a text that was sent just before the page was closed is not shown as a draft', async () => {
  const server = aServer();
  const before = await open(server);
  await before.type('hello');
  await before.pass(1_000);
  await before.send();
  await before.field.unmount();

  server.become('connecting');
  const { field, type, pass } = await open(server);
  // The save of another tab, which has not noticed that the text was sent.
  await field.change(() => server.change('hello'));
  expect(field.result.text).toBe('');
  await field.change(() => server.become('live'));
  expect(field.result.text).toBe('');
  expect([server.requests.at(-1), server.server.body]).toEqual(['delete 2', null]);
  // Typed again, it is a draft like any other.
  await type('hello');
  await pass(1_000);
  expect(server.server.body).toBe('hello');
  await field.unmount();
  expect((await open(server)).field.result.text).toBe('hello');
});

test('leaving the conversation stops saving', async () => {
  const server = aServer();
  const { field, type } = await open(server);
  await type('hello');
  await field.unmount();
  vi.advanceTimersByTime(60_000);
  expect(server.requests).toEqual(['load']);
});
