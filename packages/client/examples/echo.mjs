// A program that answers: in each direct conversation it repeats what it is told, once.
//
//   npm run build
//   node packages/client/examples/echo.mjs http://localhost:3000 echo 'its password' ./echo-data
//
// Stop it, kill it, write to it, start it again: each message gets exactly one answer.
//
// 1. The id of an answer is derived from the message that it answers. Answering twice, after a crash
//    or beside another copy of this program, is one answer: the server carries out an id once.
// 2. A message is marked as read when its answer, and those to all earlier ones, are stored by the
//    server. What comes after the read mark is looked at again at each start, page by page.
// 3. Its session, its cursors and what was not acknowledged are in a folder (by default ./echo-data).
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError, ParleyApi, ParleyClient } from '@parley/client';
import { derivedId, FileStore, nodeSocket, sessionFile } from '@parley/client/node';

const [url, username, password, folder = './echo-data'] = process.argv.slice(2);
if (!url || !username || !password) {
  console.error('usage: echo.mjs URL USERNAME PASSWORD [FOLDER]');
  process.exit(2);
}
/** Messages of a page of history. */
const PAGE = 200;
/** Answers that may be unacknowledged at a time, in each conversation. */
const UNDER_WAY = 50;
/** After a failed request, ms. */
const RETRY_MS = 2_000;
/** An answer repeats so many characters at most: with its own words it must not be too long. */
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

/** The session of the last start, or a new one. */
async function logIn() {
  try {
    if (api.sessionToken) return await api.me();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    console.error('The session has ended; logging in again.');
  }
  return api.login(username, password, 'echo.mjs');
}

/** Conversations that are being answered; `again`: something came meanwhile. */
const answering = new Map();

/** Answers everything in a conversation that comes after its read mark. */
async function answerAll(id) {
  const running = answering.get(id);
  if (running) {
    running.again = true;
    return;
  }
  const run = { again: true };
  answering.set(id, run);
  // Where the read mark was, or how far this process has answered already.
  let after = client.snapshot.conversations.get(id)?.readSeq ?? 0;
  try {
    while (run.again) {
      run.again = false;
      after = await answerAfter(id, after);
    }
  } catch (error) {
    // Everything after the read mark is looked at again a little later.
    console.error(`conversation ${id}:`, error.message);
    setTimeout(() => void answerAll(id), RETRY_MS);
  } finally {
    answering.delete(id);
  }
}

/** Answers the messages after a seq, in their order; returns the seq of the last one. */
async function answerAfter(id, start) {
  for (let after = start; ; ) {
    const page = await api.history(id, { after, limit: PAGE });
    for (let n = 0; n < page.items.length; n += UNDER_WAY) {
      const messages = page.items.slice(n, n + UNDER_WAY);
      await Promise.all(messages.filter(isToAnswer).map(answer));
      after = messages.at(-1).seq;
      client.read(id, after);
    }
    if (!page.hasNewer) return after;
  }
}

const isToAnswer = ({ author, deletedAt }) => author !== me.id && deletedAt === null;

/** Resolves when the answer is stored by the server, or refused for good. */
async function answer({ conversation, seq, body }) {
  const text = `You said: ${[...body].slice(0, REPEATED).join('')}`;
  const sent = client.post(conversation, text, { id: derivedId(conversation, seq) });
  // Refused: reported below. It would be refused again, so the next message has its turn.
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
// After a gap too long to be replayed no event tells what came.
client.on('reset', answerEverything);
client.on('nack', ({ entry, refusal }) => {
  // `client_id_reused`: answered before, when the message had another text. All is well then.
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
    // What is not acknowledged is in the folder, and goes on at the next start.
    await client.stop();
    process.exit(0);
  });
}

await client.start(me.id);
await client.whenLive();
console.log(`${me.displayName} listens.`);
