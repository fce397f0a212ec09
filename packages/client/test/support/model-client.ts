import { vi } from 'vitest';
import { ParleyApi } from '../../src/api/api.ts';
import { ParleyClient } from '../../src/client.ts';
import type { ClientOptions } from '../../src/state/client-types.ts';
import { MemoryStore, type Store } from '../../src/storage/store.ts';
import { ModelServer } from './model-server.ts';

/** A client that is connected to a model server. Fake timers must be on. */
export function aClient(
  server: ModelServer = new ModelServer(),
  store: Store = new MemoryStore(),
  options: Partial<ClientOptions> = {},
): { server: ModelServer; client: ParleyClient; api: ParleyApi; store: Store } {
  const api = new ParleyApi({
    url: 'http://model.example',
    sessionToken: 's',
    fetch: server.fetch,
    timeoutMs: 1e9,
  });
  const client = new ParleyClient({
    api,
    store,
    socket: server.socket,
    random: () => 0.5,
    loadUsers: false,
    ...options,
  });
  return { server, client, api, store };
}

/** Runs everything that needs no timers. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1);
}

/** Delivers and answers everything until nothing is in flight. */
export async function heal(server: ModelServer, client: ParleyClient): Promise<void> {
  let quiet = 0;
  for (let i = 0; quiet < 3; i++) {
    if (i > 500) throw new Error('The client does not come to rest');
    server.deliver(Number.MAX_SAFE_INTEGER);
    for (const request of [...server.requests]) server.answer(request);
    const { outbox } = client.snapshot;
    const isBusy = client.state !== 'live' || outbox.some((entry) => entry.state === 'pending');
    await vi.advanceTimersByTimeAsync(isBusy ? 2_000 : 500);
    quiet = !isBusy && server.queued.length === 0 && server.requests.length === 0 ? quiet + 1 : 0;
  }
}

/** The client after its first connection, live. */
export async function aLiveClient(
  server: ModelServer = new ModelServer(),
  store: Store = new MemoryStore(),
): Promise<{ server: ModelServer; client: ParleyClient; store: Store }> {
  const made = aClient(server, store);
  await made.client.start(server.me);
  await heal(server, made.client);
  return made;
}
