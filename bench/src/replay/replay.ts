import { setTimeout as pause } from 'node:timers/promises';
import { ParleyApi } from '@parley/client';
import type { ConversationId } from '@parley/protocol';
import { compareHistory, compareReceived, type Posted, readHistory } from './compare.ts';
import { Follower } from './follower.ts';
import type { Log } from './parse.ts';
import { Speakers } from './speakers.ts';

/** Files that are sent concurrently. Within a file each message waits for the ack of the previous one. */
const FILES_AT_ONCE = 16;
/** How often the second follower is cut off. */
const CUTS = 5;
/** Messages that are posted while it is offline. */
const AWAY_MESSAGES = 100;
/** The followers must receive the rest within this time after the last ack, ms. */
const SETTLE_MS = 30_000;

/** The result of a replay. */
export interface ReplayResult {
  readonly messages: number;
  readonly users: number;
  readonly registerSeconds: number;
  readonly sendSeconds: number;
  readonly readSeconds: number;
  readonly reconnects: number;
  /** The first difference; null when everything is identical. */
  readonly difference: string | null;
}

/** Reports progress. */
export type Progress = (phase: string, done: number, of: number) => void;

/** Sends the logs through the server and compares what each client received with what was posted. */
export async function replay(
  url: string,
  logs: ReadonlyMap<string, Log>,
  progress: Progress,
): Promise<ReplayResult> {
  const run = Date.now().toString(36).slice(-6);
  const observer = await user(url, `observer-${run}`);
  const { id: group } = await observer.createGroup({ name: `Replay ${run}`, visibility: 'public' });
  const nicks = [...new Set([...logs.values()].flatMap((log) => log.lines.map((l) => l.nick)))];
  const speakers = new Speakers(url, run);
  let startedAt = performance.now();
  await speakers.register(nicks, group, (done) => progress('registering', done, nicks.length));
  const registerSeconds = (performance.now() - startedAt) / 1000;

  const steady = await follower(url, `steady-${run}`, group);
  const cut = await follower(url, `cut-${run}`, group);
  const total = [...logs.values()].reduce((n, log) => n + log.lines.length, 0);
  startedAt = performance.now();
  const files = await send(logs, speakers, group, cut, (done) => progress('sending', done, total));
  const sendSeconds = (performance.now() - startedAt) / 1000;
  await speakers.stop();

  startedAt = performance.now();
  const history = await readHistory(observer, group);
  const readSeconds = (performance.now() - startedAt) / 1000;
  const last = history[history.length - 1]?.seq ?? 0;
  await settled(() => steady.has(last) && cut.has(last));
  const reconnects = cut.client.counters.connects - 1;
  await steady.client.stop();
  await cut.client.stop();
  return {
    messages: history.length,
    users: nicks.length,
    registerSeconds,
    sendSeconds,
    readSeconds,
    reconnects,
    difference:
      compareHistory(history, files) ??
      compareReceived('the follower that was connected all the time', steady.received, history) ??
      compareReceived('the follower that was cut off', cut.received, history) ??
      (reconnects < CUTS && total > 1_000
        ? `the cut follower resumed ${reconnects} times only`
        : null),
  };
}

async function send(
  logs: ReadonlyMap<string, Log>,
  speakers: Speakers,
  group: ConversationId,
  cut: Follower,
  progress: (done: number) => void,
): Promise<Map<string, Posted[]>> {
  const files = new Map<string, Posted[]>();
  const total = [...logs.values()].reduce((n, log) => n + log.lines.length, 0);
  const cutAt = Array.from({ length: CUTS }, (_, i) => Math.floor((total * (i + 1)) / (CUTS + 1)));
  let done = 0;
  let away: { until: number } | null = null;
  let back: Promise<void> = Promise.resolve();
  const sent = () => {
    progress(++done);
    if (away && done >= away.until) {
      away = null;
      back = cut.reconnect();
    } else if (!away && cutAt[0] !== undefined && done >= cutAt[0]) {
      cutAt.shift();
      cut.cut();
      away = { until: Math.min(total, done + AWAY_MESSAGES) };
    }
  };
  const queue = [...logs];
  const work = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [file, log] = next;
      const posted: Posted[] = [];
      files.set(file, posted);
      for (const [i, { nick, body }] of log.lines.entries()) {
        const seq = await speakers.post(nick, group, body);
        posted.push({ file, line: i + 1, author: speakers.account(nick), body, seq });
        sent();
      }
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
  await back;
  return files;
}

async function user(url: string, username: string): Promise<ParleyApi> {
  const api = new ParleyApi({ url });
  await api.register({
    username,
    displayName: username,
    email: `${username}@irc.example`,
    password: 'the reader of a replayed log',
  });
  return api;
}

async function follower(url: string, username: string, group: ConversationId): Promise<Follower> {
  const api = await user(url, username);
  await api.join(group);
  const made = new Follower(api, group);
  await made.start();
  return made;
}

/** Waits for the condition, up to the time limit of the followers. */
async function settled(condition: () => boolean): Promise<void> {
  const end = performance.now() + SETTLE_MS;
  while (!condition() && performance.now() < end) {
    await pause(20);
  }
}
