// A program that answers messages: in each direct conversation it repeats every message, once.
//
//   npm run build
//   node packages/client/examples/echo.mjs http://localhost:3000 echo 'its password' ./echo-data
//
// Stop it, kill it, write to it, restart it: each message gets exactly one answer.
//
// 1. The id of an answer is derived from the message that it answers. If a message is answered twice,
//    after a crash or by another copy of this program, there is one answer: the server executes an id
//    once.
// 2. A message is marked as read when its answer, and those to all earlier ones, are stored by the
//    server. Messages after the read cursor are checked again at each start, page by page.
// 3. Its session, its cursors and unacknowledged answers are in a folder (by default ./echo-data).
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, ParleyApi, ParleyClient } from '@parley/client';
import { derivedId, FileStore, nodeSocket, sessionFile } from '@parley/client/node';

const [url, username, password, folder = './echo-data'] = process.argv.slice(2);
if (!url || !username || !password) {
  console.error('usage: echo.mjs URL USERNAME PASSWORD [FOLDER]');
  process.exit(2);
}
/** Messages per page of history. */
const PAGE = 200;
/** Limit of unacknowledged answers per conversation. */
const IN_FLIGHT = 50;
/** Delay after a failed request, ms. */
const RETRY_MS = 2_000;
/** An answer repeats at most this many characters, so that it is not too long with its prefix. */
const REPEATED = 15_000;

mkdirSync(folder, { recursive: true, mode: 0o700 });
const api = new ParleyApi({ url, ...sessionFile(join(folder, 'session')) });
const me = await logIn();
const store = new FileStore(folder);
const client = new ParleyClient({
  api,
  store,
  socket: nodeSocket,
  device: 'echo.mjs',
  loadUsers: false,
  keepWhenEnded: true,
});

/** Continues the session of the previous start, or logs in. */
async function logIn() {
  try {
    if (api.sessionToken) return await api.me();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    console.error('The session has ended; logging in again.');
  }
  return api.login(username, password, 'echo.mjs');
}

/** Conversations that are being answered; `again`: a message arrived meanwhile. */
const answering = new Map();

/** Answers everything in a conversation after its read cursor. */
async function answerAll(id) {
  const running = answering.get(id);
  if (running) {
    running.again = true;
    return;
  }
  const run = { again: true };
  answering.set(id, run);
  // The read cursor, or how far this process has already answered.
  let after = client.snapshot.conversations.get(id)?.readSeq ?? 0;
  try {
    while (run.again) {
      run.again = false;
      after = await answerAfter(id, after);
    }
  } catch (error) {
    // Everything after the read cursor is checked again later.
    console.error(`conversation ${id}:`, error.message);
    setTimeout(() => void answerAll(id), RETRY_MS);
  } finally {
    answering.delete(id);
  }
}

/** Answers the messages after a seq, in order. Returns the seq of the last one. */
async function answerAfter(id, start) {
  for (let after = start; ; ) {
    const page = await api.history(id, { after, limit: PAGE });
    for (let n = 0; n < page.items.length; n += IN_FLIGHT) {
      const messages = page.items.slice(n, n + IN_FLIGHT);
      await Promise.all(messages.filter(isToAnswer).map(answer));
      after = messages.at(-1).seq;
      client.read(id, after);
    }
    if (!page.hasNewer) return after;
  }
}

const isToAnswer = ({ author, deletedAt }) => author !== me.id && deletedAt === null;

/** Resolves when the answer is stored by the server, or permanently refused. */
async function answer({ conversation, seq, body }) {
  const text = `You said: ${[...body].slice(0, REPEATED).join('')}`;
  const sent = client.post(conversation, text, { id: derivedId(conversation, seq) });
  // A refusal is reported below. A retry would be refused too, so continue with the next message.
  await sent.settled.catch(() => undefined);
}

/** Answers what is unread in all direct conversations. */
function answerEverything() {
  for (const { id, kind } of client.snapshot.conversations.values()) {
    if (kind === 'direct') void answerAll(id);
  }
}

client.onEvent((event) => {
  if (event.type !== 'message.posted' || event.actor === me.id) return;
  const conversation = client.snapshot.conversations.get(event.stream);
  if (conversation?.kind === 'direct') void answerAll(conversation.id);
});
// After a gap too long to be replayed there are no events for the missed messages.
client.on('reset', answerEverything);
client.on('nack', ({ entry, refusal }) => {
  // `client_id_reused`: already answered, when the message had another text. Not an error.
  if (refusal.code !== 'client_id_reused') console.error('refused:', refusal.code);
  client.discard(entry.id);
});
client.on('storage', (error) => {
  console.error('cannot store:', error.message);
  process.exit(1);
});
client.on('ended', () => {
  console.error('The session has ended.');
  process.exit(1);
});
let wasLive = false;
client.subscribe(() => {
  const isLive = client.snapshot.state === 'live';
  if (isLive && !wasLive) answerEverything();
  wasLive = isLive;
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    // Unacknowledged answers are in the folder, and are sent at the next start.
    await client.stop();
    process.exit(0);
  });
}

await client.start(me.id);
await client.whenLive();
console.log(`${me.displayName} is listening.`);
