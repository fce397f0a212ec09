import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { copyCluster } from '../packages/server/test/support/template.ts';
import { listBuild, workerSource } from '../packages/web/service-worker.ts';
import { compressFolder } from '../scripts/compress.mjs';

/** The quality of brotli for builds that a test changes: a tenth of the time of the highest one. */
const FAST_BROTLI = 4;

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A copy of the build with its own data and port, which can be upgraded. */
export class Installation {
  readonly #folder = mkdtempSync(join(tmpdir(), 'parley-installation-'));
  readonly #port: number;
  #stop: () => Promise<void> = () => Promise.resolve();

  private constructor(port: number) {
    this.#port = port;
    for (const path of ['packages/server/dist', 'packages/server/package.json']) this.#copy(path);
    this.#copy('packages/web/dist');
    for (const path of ['node_modules', 'packages/server/node_modules']) {
      symlinkSync(join(ROOT, path), join(this.#folder, path));
    }
  }

  /** Installs on a free port. */
  static async make(): Promise<Installation> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const address = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    if (address === null || typeof address === 'string') throw new Error('No port');
    const installation = new Installation(address.port);
    const template = inject('databaseTemplate');
    if (template !== undefined) await copyCluster(template, join(installation.#folder, 'data'));
    return installation;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts the server; resolves when it is ready. */
  async start(): Promise<void> {
    const child = spawn(
      process.execPath,
      [join(this.#folder, 'packages/server/dist/bundle/cli.js'), 'start'],
      {
        env: {
          ...process.env,
          PORT: String(this.#port),
          PARLEY_DATA: join(this.#folder, 'data'),
          RATE_LIMITS: 'off',
          LINK_PREVIEWS: 'off',
          LOG_LEVEL: 'error',
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#stop = async () => {
      child.kill('SIGTERM');
      await exited;
    };
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (/ready at \S+/.test(text)) resolve();
      });
      child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${text}`)));
    });
  }

  /** Stops the server, changes the web client, and restarts on the same data and port. */
  async upgrade(change: (assets: string) => void | Promise<void>): Promise<void> {
    await this.#stop();
    await change(join(this.#folder, 'packages/web/dist/assets'));
    await this.start();
  }

  /** Stops the server and removes everything. */
  async remove(): Promise<void> {
    await this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #copy(path: string): void {
    mkdirSync(join(this.#folder, path, '..'), { recursive: true });
    cpSync(join(ROOT, path), join(this.#folder, path), { recursive: true });
  }
}

/** What `renameAssets` adds to each name. It is longer than a hash, so no build contains it. */
export const RENAMED = '-of-the-new-build';

/** Renames every hashed asset and changes all references to it, as another build would. */
export async function renameAssets(assets: string): Promise<void> {
  const web = join(assets, '..');
  for (const name of readdirSync(web, { recursive: true }) as string[]) {
    if (['.br', '.gz'].includes(extname(name))) rmSync(join(web, name));
  }
  const names = readdirSync(assets);
  const renamed = (name: string) => name.replace(/\.\w+$/, `${RENAMED}$&`);
  const texts = [join(web, 'index.html'), ...names.map((name) => join(assets, name))];
  for (const path of texts.filter((p) => ['.js', '.css', '.html'].includes(extname(p)))) {
    let text = readFileSync(path, 'utf8');
    for (const name of names) text = text.replaceAll(name, renamed(name));
    writeFileSync(path, text);
  }
  for (const name of names) renameSync(join(assets, name), join(assets, renamed(name)));
  writeFileSync(join(web, 'worker.js'), workerSource(listBuild(web)));
  await compressFolder(web, FAST_BROTLI);
}

/** Removes the code of one page. */
export function removePage(assets: string, page: string): void {
  for (const name of readdirSync(assets)) {
    if (name.startsWith(`${page}-`)) rmSync(join(assets, name));
  }
}
