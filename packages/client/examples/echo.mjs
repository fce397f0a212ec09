// A bot that answers messages, once each: in direct conversations every message, in groups those that
// mention it, also in threads.
//
//   npm run build
//   PARLEY_API_KEY=pk_… node packages/client/examples/echo.mjs http://localhost:3000 ./echo-data
//
// An admin creates a service account and its API key under Administration → Service accounts. The key
// needs the scopes users:read, conversations:read, messages:read and messages:write.
//
// Stop it, kill it, write to it, restart it: each message gets exactly one answer.
//
// 1. The id of an answer is derived from the message that it answers. If a message is answered twice,
//    after a crash or by another copy of this program, there is one answer: the server executes an id
//    once.
// 2. A message is marked as read when its answer, and those to all earlier ones, are stored by the
//    server. Messages after the read cursor are checked again at each start, page by page.
// 3. Its cursors and unacknowledged answers are in a folder (by default ./echo-data).
import { mkdirSync } from 'node:fs';
import { ParleyApi, ParleyClient } from '@parley/client';
import { derivedId, FileStore, nodeSocket } from '@parley/client/node';

const [url, folder = './echo-data'] = process.argv.slice(2);
const apiKey = process.env.PARLEY_API_KEY;
if (!url || !apiKey) {
  console.error('usage: PARLEY_API_KEY=pk_… echo.mjs URL [FOLDER]');
  process.exit(2);
}
/** Events per page. */
const PAGE = 200;
/** Limit of unacknowledged answers per conversation. */
const IN_FLIGHT = 50;
/** Delay after a failed request, ms. */
const RETRY_MS = 2_000;
/** An answer repeats at most this many characters, so that it is not too long with its prefix. */
const REPEATED = 15_000;

mkdirSync(folder, { recursive: true, mode: 0o700 });
const api = new ParleyApi({ url, apiKey });
const me = await api.me();
const store = new FileStore(folder);
const client = new ParleyClient({
  api,
  store,
  socket: nodeSocket,
  loadUsers: false,
  keepWhenEnded: true,
});

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

/** Answers the messages after a seq, in order. Returns the seq of the last event. */
async function answerAfter(id, start) {
  for (let after = start; ; ) {
    const { items } = await api.events(id, { after, limit: PAGE });
    if (items.length === 0) return after;
    for (let n = 0; n < items.length; n += IN_FLIGHT) {
      const events = items.slice(n, n + IN_FLIGHT);
      await Promise.all(events.filter(isToAnswer).map(answer));
      after = events.at(-1).seq;
      client.read(id, after);
    }
  }
}

/** Whether an event is a message to this bot. The text of a deleted message is empty. */
function isToAnswer({ type, stream, actor, data }) {
  if (type !== 'message.posted' || actor === me.id || data.body === '') return false;
  const isDirect = client.snapshot.conversations.get(stream)?.kind === 'direct';
  return isDirect || (data.mentions ?? []).some(({ kind, id }) => kind === 'user' && id === me.id);
}

/** Resolves when the answer is stored by the server, or permanently refused. */
async function answer({ stream, seq, data: { body, thread } }) {
  const text = `You said: ${[...body].slice(0, REPEATED).join('')}`;
  const sent = client.post(stream, text, { id: derivedId(stream, seq), thread });
  // A refusal is reported below. A retry would be refused too, so continue with the next message.
  await sent.settled.catch(() => undefined);
}

/** Answers what is unread in all conversations. */
function answerEverything() {
  for (const id of client.snapshot.conversations.keys()) void answerAll(id);
}

client.onEvent((event) => {
  if (isToAnswer(event)) void answerAll(event.stream);
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
  console.error('The API key was revoked or has expired.');
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
