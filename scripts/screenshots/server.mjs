// The built server, as users start it, with a clock that can be set.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../run.mjs';

const CLI = join(root, 'packages/server/dist/bundle/cli.js');
const CLOCK = pathToFileURL(join(root, 'scripts/screenshots/server-clock.mjs')).href;

/** Starts the server on its data; `shift` is that of its clock, ms. */
export async function startServer({ data, port = 0, shift = 0, settings = {} }) {
  const child = spawn(process.execPath, ['--import', CLOCK, CLI, 'start'], {
    env: {
      ...process.env,
      PORT: String(port),
      PARLEY_DATA: data,
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      LOG_LEVEL: 'error',
      CLOCK_SHIFT: String(shift),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes) => {
      text += bytes.toString();
      const found = /ready at (\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${text}`)));
  });
  return {
    url,
    /** Sets the clock. */
    setShift: (next) =>
      new Promise((resolve) => {
        child.once('message', resolve);
        child.send({ shift: next });
      }),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
