// Without its main script the page would stay empty: while several servers are upgraded one after
// the other, the page may be of one build and the server that is asked for its script of another.
addEventListener(
  'error',
  ({ target }) => {
    if (!(target instanceof HTMLScriptElement) || target.type !== 'module') return;
    const root = document.getElementById('root');
    if (!root || root.childElementCount > 0) return;
    const box = document.createElement('main');
    box.className = 'load-error';
    const title = document.createElement('h1');
    title.textContent = 'Parley could not be loaded';
    const words = document.createElement('p');
    words.textContent =
      'It is being upgraded, or your connection dropped. Reload in a moment. Your drafts and unsent messages are kept.';
    const reload = document.createElement('button');
    reload.type = 'button';
    reload.textContent = 'Reload';
    reload.addEventListener('click', () => location.reload());
    box.append(title, words, reload);
    root.append(box);
  },
  true,
);
