// Shows notifications: those that are pushed, and those of pages where pages may not (Android). Opens the message when
// one is clicked.
self.addEventListener('push', (event) => {
  let pushed;
  try {
    pushed = event.data.json();
  } catch {
    return;
  }
  event.waitUntil(received(pushed));
});

async function received(pushed) {
  const { type, account, conversation, seq, thread, title, body } = pushed;
  if (type === 'close') return exclusively(() => closeUpTo(conversation, seq, account));
  if (type !== 'message' && type !== 'test') return;
  if (type === 'message' && (await isShownByPage(account))) return;
  const options = {
    body,
    tag: conversation ?? 'test',
    icon: '/icon.svg',
    data: { conversation, seq, thread, account },
  };
  await exclusively(async () => {
    // A page that is open in the background has shown it, or a later one.
    const shown = await self.registration.getNotifications({ tag: options.tag });
    const isShown = ({ data }) => data?.account === account && data.seq >= seq;
    if (conversation && shown.some(isShown)) return;
    await self.registration.showNotification(title, options);
  });
}

// How long pages have to answer, ms.
const ANSWER_MS = 1_000;

// Asks the visible pages: one that is offline or is still loading shows nothing.
async function isShownByPage(account) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const visible = pages.filter((page) => page.visibilityState === 'visible');
  const answers = await Promise.all(visible.map((page) => showsMessages(page, account)));
  return answers.includes(true);
}

function showsMessages(page, account) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data === true);
    setTimeout(() => resolve(false), ANSWER_MS);
    page.postMessage({ showsMessagesOf: account }, [port2]);
  });
}

async function closeUpTo(conversation, seq, account) {
  const shown = await self.registration.getNotifications({ tag: conversation });
  for (const notification of shown) {
    const { data } = notification;
    if (data?.account === account && data.seq <= seq) notification.close();
  }
}

// The lock of the pages: see lib/notification-lock.ts of the web client.
const exclusively = (work) =>
  self.navigator.locks ? self.navigator.locks.request('parley-notifications', work) : work();

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data ?? {}));
});

async function show({ conversation, seq, thread }) {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = pages.find((p) => p.visibilityState === 'visible') ?? pages[0];
  if (page) {
    page.postMessage({ open: conversation, seq, thread });
    return page.focus();
  }
  if (!conversation) return self.clients.openWindow('/');
  const search = thread ? `?thread=${encodeURIComponent(thread)}` : '';
  const hash = seq ? `#message-${encodeURIComponent(seq)}` : '';
  return self.clients.openWindow(`/c/${encodeURIComponent(conversation)}${search}${hash}`);
}
