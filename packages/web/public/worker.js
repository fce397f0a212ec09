// The service worker shows notifications where pages may not (Android), and opens the conversation
// when a notification is clicked. It handles no fetches and caches nothing.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const conversation = event.notification.data?.conversation;
  const path = conversation ? `/c/${encodeURIComponent(conversation)}` : '/';
  event.waitUntil(show(path, conversation));
});

async function show(path, conversation) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = pages.find((p) => p.visibilityState === 'visible') ?? pages[0];
  if (!page) return self.clients.openWindow(path);
  page.postMessage({ open: conversation });
  return page.focus();
}
