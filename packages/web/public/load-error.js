// Without its main script the page would stay empty: during a rolling upgrade the page may come from
// one build, and the request for its script may reach a server of another.
addEventListener(
  'error',
  ({ target }) => {
    if (target instanceof HTMLScriptElement && target.type === 'module') showLoadError();
  },
  true,
);
// The main script could not load another one that the page needs.
addEventListener('parley:load-failed', showLoadError);

function showLoadError() {
  const root = document.getElementById('root');
  if (!root || root.childElementCount > 0) return;
  const box = document.createElement('main');
  box.className = 'load-error';
  const title = document.createElement('h1');
  title.textContent = 'Couldn’t load Parley';
  const description = document.createElement('p');
  description.textContent =
    'The server is being upgraded, or your connection dropped. Wait a moment, then reload. Your drafts and unsent messages are saved.';
  const reload = document.createElement('button');
  reload.type = 'button';
  reload.textContent = 'Reload';
  reload.addEventListener('click', () => location.reload());
  box.append(title, description, reload);
  root.append(box);
}
