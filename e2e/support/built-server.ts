import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { makeTempDir } from '../../packages/server/test/support/temp-dir.ts';
import { copyCluster } from '../../packages/server/test/support/template.ts';

/** The built server, as users start it, on its own data. */
export interface BuiltServer {
  readonly url: string;
  stop(): Promise<void>;
}

const CLI = fileURLToPath(new URL('../../packages/server/dist/bundle/cli.js', import.meta.url));

/** Starts the built server with additional settings, and reads its address from its output. */
export async function startBuiltServer(settings: NodeJS.ProcessEnv = {}): Promise<BuiltServer> {
  const dataDir = makeTempDir('e2e');
  const template = inject('databaseTemplate');
  if (template !== undefined && settings.DATABASE_URL === undefined) {
    await copyCluster(template, dataDir);
  }
  const child = spawn(process.execPath, [CLI, 'start'], {
    env: {
      ...process.env,
      PORT: '0',
      PARLEY_DATA: dataDir,
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      LOG_LEVEL: 'error',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      const url = /ready at (\S+)/.exec(text)?.[1];
      if (url === undefined) return;
      const stop = async () => {
        child.kill('SIGTERM');
        await exited;
        rmSync(dataDir, { recursive: true, force: true });
      };
      resolve({ url, stop });
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${text}`)));
  });
}
