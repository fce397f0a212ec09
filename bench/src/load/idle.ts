import { setTimeout as pause } from 'node:timers/promises';
import { startServer } from '../server-process.ts';
import { rss } from './cpu.ts';
import { DIALECTS } from './kinds.ts';
import { users } from './setup.ts';
import { RawSocket } from './wire.ts';

/** Sockets per account; the server allows 20. */
const PER_ACCOUNT = 20;

/** Measures the memory that `count` idle connections cost the server process. */
export async function measureIdle(count: number): Promise<void> {
  const server = await startServer();
  const sockets: RawSocket[] = [];
  try {
    const all = await users(server.url, Math.ceil(count / PER_ACCOUNT));
    const before = rss(server.pid);
    for (let n = 0; n < count; n++) {
      const token = await (all[n % all.length] as (typeof all)[0]).api.accessToken();
      const raw = await RawSocket.open(server.url, DIALECTS.parley.path('', ''));
      await DIALECTS.parley.logIn(raw, token);
      // They behave like a browser: every ping is answered.
      raw.onFrame = (bytes, at) => {
        if (bytes.toString('latin1', at, at + 12) === '{"op":"ping"') raw.send('{"op":"pong"}');
      };
      sockets.push(raw);
    }
    await pause(15_000);
    const after = rss(server.pid);
    console.log(
      `RSS of the server process: ${before} MiB before, ${after} MiB with ${count} idle connections`,
    );
    console.log(`${(((after - before) * 1024) / count).toFixed(1)} KiB for each connection`);
  } finally {
    for (const socket of sockets) socket.close();
    await server.stop();
  }
}
