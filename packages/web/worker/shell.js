// Keeps the files of the web client in this browser, so that it starts without network. The build puts `BUILD` before
// this file (see service-worker.ts): the version, and the files with their digests.
//
// 1. A cache holds the files of one version. The page is stored last: with it the cache is complete.
// 2. Nothing but those files is ever stored: no answer of the API.
// 3. A new version waits until a page asks for it. The files of the version before are kept until the next one, for
//    the pages of other tabs that still use them.

const PREFIX = 'parley-shell-';
const CURRENT = PREFIX + BUILD.version;
const PAGE = '/index.html';
// Not pages of the web client: the server answers them itself.
const NOT_A_PAGE = /^\/(api|docs|health|\.well-known|assets)(\/|$)/;
const HASHED = '/assets/';
const SERVER_ICON = '/api/v1/server/icon';

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));

async function install() {
  // No one is logged in here, or the storage is full: there is nothing to keep.
  if ((await earlierShells()).length === 0) return self.skipWaiting();
  await store();
}

async function activate() {
  for (const name of (await earlierShells()).slice(0, -1)) await caches.delete(name);
  await self.clients.claim();
}

// The caches of other versions, the oldest first.
async function earlierShells() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CURRENT);
}

// Stores the files that are missing. Without space none is kept, and they are fetched as before.
async function store() {
  try {
    const cache = await caches.open(CURRENT);
    if (await cache.match(PAGE)) return;
    const paths = Object.keys(BUILD.files).filter((path) => path !== PAGE);
    await Promise.all(paths.map((path) => storeFile(cache, path)));
    await storeFile(cache, PAGE);
  } catch (error) {
    await caches.delete(CURRENT);
    if (error.name !== 'QuotaExceededError') throw error;
  }
}

async function storeFile(cache, path) {
  if (await cache.match(path)) return;
  const hashed = path.startsWith(HASHED);
  const response = await fetch(path, { cache: hashed ? 'default' : 'no-cache' });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  // During a rolling upgrade another server may answer with the file of another version.
  const digest = await crypto.subtle.digest('SHA-256', await response.clone().arrayBuffer());
  if (hex(digest) !== BUILD.files[path]) throw new Error(`${path} is of another version`);
  await cache.put(path, response);
}

const hex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

self.addEventListener('message', (event) => {
  // A page was told of the new version and wants it.
  if (event.data?.use === 'this-version') self.skipWaiting();
  // A page with a session: the client starts without network from now on.
  if (event.data?.store === 'shell') event.waitUntil(store().catch(() => undefined));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (pathname === SERVER_ICON) event.respondWith(serverIcon(request));
  else if (pathname.startsWith(HASHED)) event.respondWith(hashedFile(request));
  else if (pathname in BUILD.files) event.respondWith(stored(pathname, request));
  else if (request.mode === 'navigate' && !NOT_A_PAGE.test(pathname) && !isFile(pathname)) {
    event.respondWith(stored(PAGE, request));
  }
});

const isFile = (pathname) => /\.\w+$/.test(pathname);

async function stored(path, request) {
  return (await caches.match(path, { cacheName: CURRENT, ignoreVary: true })) ?? fetch(request);
}

// Also of the version before. Fonts of other scripts are not stored ahead, but when they are first used.
async function hashedFile(request) {
  const known = await caches.match(request, { ignoreVary: true });
  if (known) return known;
  const response = await fetch(request);
  if (response.ok) keep(request, response.clone()).catch(() => undefined);
  return response;
}

const isComplete = () => caches.match(PAGE, { cacheName: CURRENT }).then(Boolean);

async function keep(request, response) {
  if (!(await isComplete())) return;
  const cache = await caches.open(CURRENT);
  await cache.put(request, response);
  // Logged out meanwhile: the files were removed, and stay so.
  if (!(await isComplete())) await caches.delete(CURRENT);
}

// The icon of the server is not kept: it is an answer of the API.
async function serverIcon(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const own = await caches.match('/icon.svg', { cacheName: CURRENT });
    if (own) return own;
    throw error;
  }
}
