import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

/** The address of the service worker: one name in all versions, as browsers look for a new one there. */
const WORKER = 'worker.js';
/** Its parts; they share one scope, because workers without modules run everywhere. */
const PARTS = ['shell.js', 'notifications.js'];

/** Fonts of further scripts: each is stored when it is first used. */
const NOT_AHEAD = /\/inter-(?!latin-wght)[\w-]*\.woff2$/;

/** Which files the worker keeps, under their SHA-256, and the version that they are. */
export interface WorkerBuild {
  readonly version: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Lists what a built web client consists of. The version follows from the contents alone. */
export function listBuild(folder: string): WorkerBuild {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => `/${name.split(sep).join('/')}`)
    .filter((path) => path !== `/${WORKER}` && !/(\.(map|br|gz)|\/\.\w+)$/.test(path))
    .filter((path) => !NOT_AHEAD.test(path))
    .sort();
  const files = Object.fromEntries(
    names.map((path) => [path, sha256(readFileSync(folder + path))]),
  );
  return { version: sha256(JSON.stringify(files)).slice(0, 16), files };
}

/** Returns the service worker of a build. */
export function workerSource(build: WorkerBuild): string {
  const folder = fileURLToPath(new URL('worker/', import.meta.url));
  const parts = PARTS.map((name) => readFileSync(join(folder, name), 'utf8'));
  return [`const BUILD = ${JSON.stringify(build)};\n`, ...parts].join('\n');
}

const sha256 = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex');

/**
 * Writes the service worker with the list of files of the build. Our own instead of vite-plugin-pwa: the worker must
 * also show notifications, and needs a fifth of what Workbox brings.
 */
export function serviceWorker(): Plugin {
  return {
    name: 'parley-service-worker',
    // In development nothing is kept, so that a change is seen at once.
    configureServer(server) {
      server.middlewares.use(`/${WORKER}`, (_request, response) => {
        response.setHeader('content-type', 'text/javascript');
        response.end(workerSource({ version: 'development', files: {} }));
      });
    },
    writeBundle({ dir }) {
      if (dir === undefined) return;
      writeFileSync(join(dir, WORKER), workerSource(listBuild(dir)));
    },
  };
}
