// A program that answers: in each direct conversation it repeats what it is told.
//
//   npm run build
//   node packages/client/examples/echo.mjs http://localhost:3000 echo 'its password'
//
// Stop it, write to it, start it again: it answers what it was told meanwhile.
import { ParleyApi, ParleyClient } from '@parley/client';
import { nodeSocket } from '@parley/client/node';
import { conversationOfStream } from '@parley/protocol';

const [url, username, password] = process.argv.slice(2);
if (!url || !username || !password) {
  console.error('usage: echo.mjs URL USERNAME PASSWORD');
  process.exit(2);
}

const api = new ParleyApi({ url });
await api.login(username, password, 'echo.mjs');
const client = new ParleyClient({ api, socket: nodeSocket, device: 'echo.mjs' });

/** Repeats what somebody said, and remembers on the server that it was read. */
function answer(conversation, { seq, body }) {
  // Sent until it is answered, under one id: a lost connection cannot double it.
  client.post(conversation.id, `You said: ${body}`);
  client.read(conversation.id, seq);
}
const directOf = (stream) => {
  const view = client.snapshot.conversations.get(conversationOfStream(stream));
  return view?.kind === 'direct' ? view : undefined;
};

// Each event comes once and in order, whatever the network does.
client.onEvent((event) => {
  if (event.type !== 'message.posted' || event.actor === client.me?.id) return;
  const conversation = directOf(event.stream);
  if (conversation) answer(conversation, { seq: event.seq, body: event.data.body });
});
client.on('nack', ({ refusal }) => console.error('refused:', refusal.message));
client.on('ended', () => {
  console.error('The session has ended.');
  process.exit(1);
});

await client.start();
await client.whenLive();
// This program keeps nothing, so what came while it was not running is read from the history.
for (const view of client.snapshot.conversations.values()) {
  if (view.kind !== 'direct' || view.unread === 0) continue;
  const page = await api.history(view.id, { after: view.readSeq });
  for (const message of page.items) {
    if (message.author !== client.me?.id && message.deletedAt === null) answer(view, message);
  }
}
console.log(`${client.me?.displayName} listens.`);

process.once('SIGINT', async () => {
  await client.logout();
  process.exit(0);
});
