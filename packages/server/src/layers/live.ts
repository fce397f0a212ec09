import { LIVE_PATH } from '@parley/protocol';
import type { Pool } from 'pg';
import { findableBy, knownAccounts } from '../accounts/users/known-accounts.ts';
import { conversationFor } from '../conversations/snapshot.ts';
import { StartReader } from '../conversations/start.ts';
import { isAllowedOrigin } from '../http/origin.ts';
import { isAllowedHost } from '../http-server/host.ts';
import { clientAddress } from '../http-server/proxies.ts';
import { addressKey } from '../limits/address-key.ts';
import { Live } from '../live/live.ts';
import { readVersions } from '../messages/read-cursors/read-cursors.ts';
import { recordLastSeen } from '../status/last-seen.ts';
import type { LayerContext } from './context.ts';
import type { DomainLayer } from './domains.ts';
import type { StreamLayer } from './streams.ts';

/** Builds the live layer: the sockets of clients. */
export function openLive(
  { config, log, clock, limits }: LayerContext,
  pool: Pool,
  { hub, broker, metrics, append, shared, writes }: StreamLayer,
  { accounts, keys, readCursors, statuses, openReports }: DomainLayer,
): Live {
  const addressOf = clientAddress(config.trustedProxies);
  const starts = new StartReader(pool);
  const live = new Live({
    hub,
    broker,
    metrics,
    append,
    log,
    clock,
    limits,
    limitCommands: (account) => shared.take('commands', account),
    identify: (token) => accounts.identify(token),
    forgetSession: (session) => accounts.sessions.forgetEnded(session),
    liveSessions: (ids) => accounts.alive(ids),
    isAllowedOrigin: (origin, asked) =>
      isAllowedHost(asked, LIVE_PATH, config) && isAllowedOrigin(origin, asked, config),
    addressOf: (request) => addressKey(addressOf(request)),
    me: (account) => accounts.me(account),
    statusOf: (account) => statuses.of(account),
    findable: (guest, ids) => findableBy(pool, guest, ids),
    knownAccounts: (guests, ids) => knownAccounts(pool, guests, ids),
    recordLastSeen: (ids) => recordLastSeen(pool, ids, new Date(clock.now())),
    start: (account, known) => starts.load(account, known),
    conversation: (account, id) => conversationFor(pool, account, id),
    moveReadCursor: async (account, id, seq, options) => {
      const rejection = writes.rejection();
      return rejection ? { refusal: rejection } : await readCursors.move(account, id, seq, options);
    },
    readVersions: (ids) => readVersions(pool, ids),
  });
  accounts.sessions.onEnded((session) => live.endSession(session));
  statuses.onChange((ids) => live.statusChanged(ids));
  openReports.onChange((ids) => live.sendReports(ids));
  keys.onEnded((key) => live.endSession(key));
  return live;
}
