import { workerScript } from './worker-script.ts';

/** The caches of the service worker with the files of the web client: see worker/shell.js. */
const SHELLS = 'parley-shell-';

let worker: Promise<ServiceWorkerRegistration | null> | null = null;

/** Returns the service worker; null where the browser has none (plain http, some private modes). */
export function serviceWorkerRegistration(): Promise<ServiceWorkerRegistration | null> {
  worker ??= register();
  return worker;
}

async function register(): Promise<ServiceWorkerRegistration | null> {
  if (!('serviceWorker' in navigator)) return null;
  try {
    await navigator.serviceWorker.register(workerScript('/worker.js'));
    return await navigator.serviceWorker.ready;
  } catch (error) {
    console.warn('Service worker not registered:', error);
    return null;
  }
}

/** Stores the files of the web client in this browser, so that it starts offline. */
export async function storeShell(): Promise<void> {
  (await serviceWorkerRegistration())?.active?.postMessage({ store: 'shell' });
}

/** Removes the files of the web client from this browser, after the last logout. */
export async function removeShell(): Promise<void> {
  // Browsers without service workers have no caches.
  if (!('caches' in window)) return;
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(SHELLS)).map((name) => caches.delete(name)),
  );
}
