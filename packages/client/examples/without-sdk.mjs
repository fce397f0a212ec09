// A client of the WebSocket protocol without the SDK (docs/protocol.md): prints the messages of its
// conversations, each once and in order, and posts each line of its standard input.
//
//   PARLEY_API_KEY=pk_… node packages/client/examples/without-sdk.mjs http://localhost:3000 CONVERSATION
//
// It keeps cursors and unanswered posts in memory only: a program that must survive a crash stores both.
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';

const [url, conversation] = process.argv.slice(2);
const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket; // built in since Node.js 22
/** The seq of the last event of each stream. */
let cursor = {};
let epoch;
/** Posts without an answer, by id, in the order in which they were made. */
const unanswered = new Map();
let socket;
/** Nothing but `hello` may be sent before `ready`. */
let isReady = false;
let retryAfter = 1;

const send = (frame) => isReady && socket.readyState === 1 && socket.send(JSON.stringify(frame));
const fill = (stream) => send({ op: 'fill', id: randomUUID(), stream, after: cursor[stream] });

function connect() {
  isReady = false;
  socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/v1/live`);
  const hello = { op: 'hello', token: process.env.PARLEY_API_KEY, epoch, cursor, presence: [] };
  socket.onopen = () => socket.send(JSON.stringify(hello));
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onerror = () => {}; // `onclose` follows
  socket.onclose = ({ code }) => {
    if (code === 4004) throw new Error('The API key was revoked or has expired');
    setTimeout(connect, 1000 * retryAfter * (0.5 + Math.random()));
  };
}

function receive(frame) {
  if (frame.op === 'ready') {
    isReady = true;
    if (frame.epoch !== epoch) cursor = {}; // the server was restored from a backup: start again
    epoch = frame.epoch;
    for (const { id, lastSeq } of frame.streams) cursor[id] ??= lastSeq;
    for (const post of unanswered.values()) send(post); // with the same ids, in the same order
  } else if (frame.op === 'conversation') cursor[frame.conversation.id] ??= 0;
  else if (frame.op === 'event') {
    const { stream, seq, type, data } = frame;
    const next = (cursor[stream] ?? 0) + 1;
    if (seq < next) return; // known
    if (seq > next && cursor[stream] > 0) return fill(stream); // a gap
    cursor[stream] = seq;
    if (type === 'message.posted') console.log(`${stream} ${seq} ${data.body}`);
  } else if (frame.op === 'reset')
    cursor[frame.stream] = frame.lastSeq; // read what was missed over REST
  else if (frame.op === 'ack') unanswered.delete(frame.id);
  else if (frame.op === 'nack') {
    if (frame.retryAfter === undefined)
      unanswered.delete(frame.id); // refused for good
    else setTimeout(() => send(unanswered.get(frame.id)), frame.retryAfter * 1000);
  } else if (frame.op === 'goodbye') retryAfter = frame.retryAfter;
  else if (frame.op === 'ping') {
    send({ op: 'pong' });
    for (const [id, head] of Object.entries(frame.heads)) if (cursor[id] < head) fill(id);
  } else if (frame.op === 'live') retryAfter = 1;
}

createInterface({ input: process.stdin }).on('line', (body) => {
  const post = { op: 'post', id: randomUUID(), conversation, body };
  unanswered.set(post.id, post);
  send(post);
});
connect();
