// The peer: socket.io and pg, as a team would write a chat server today. A message is inserted, then
// emitted to its room, then acknowledged. WebSocket transport only, no compression, a pool of ten,
// autocommit; PostgreSQL from the same package with the same settings as Parley’s.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '@parley/server/embedded';
import pg from 'pg';
import { Server } from 'socket.io';

const dataDir = mkdtempSync(join(tmpdir(), 'parley-peer-'));
const log = {
  info() {},
  debug() {},
  trace() {},
  warn: console.error,
  error: console.error,
  fatal: console.error,
};
const database = await startEmbedded({ dataDir, log });
const pool = new pg.Pool({ ...database.connection, max: 10 });
let ending = false;
pool.on('error', (error) => {
  // At the end the database closes its connections; at any other time this is an error.
  if (!ending) throw error;
});
await pool.query(`create table messages (
  id bigint generated always as identity primary key,
  room text not null, author text not null, body text not null,
  sent_at timestamptz not null default now())`);
await pool.query('create index on messages (room, id)');

const http = createServer((_request, response) => {
  // The number of stored messages: the load generator compares it.
  pool
    .query('select count(*)::int as n from messages')
    .then(({ rows }) => response.end(String(rows[0].n)));
});
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
});
io.on('connection', (socket) => {
  const { room, author } = socket.handshake.query;
  for (const name of String(room).split(',')) socket.join(name);
  socket.on('post', async (message, acknowledge) => {
    const { rows } = await pool.query({
      name: 'insert-message',
      text: 'insert into messages (room, author, body) values ($1, $2, $3) returning id, sent_at',
      values: [message.room, author, message.body],
    });
    const { id, sent_at: at } = rows[0];
    io.to(message.room).emit('message', { id, room: message.room, author, at, body: message.body });
    acknowledge({ id, at });
  });
});
http.listen(0, '127.0.0.1', () => {
  process.stdout.write(`Peer is ready at http://127.0.0.1:${http.address().port}\n`);
});
process.on('SIGTERM', async () => {
  ending = true;
  io.close();
  await pool.end();
  await database.stop();
  rmSync(dataDir, { recursive: true, force: true });
  process.exit(0);
});
