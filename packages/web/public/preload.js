// Requests the scripts that a session needs together with those of every page, if someone is logged in (session/login-record.ts)
// and their texts in the language that will be shown (texts/languages.ts). The main script would ask for them only when it runs.
try {
  const { session, texts } = JSON.parse(document.currentScript?.dataset.scripts ?? '{}');
  if (session && Object.keys(localStorage).some((key) => key.startsWith('parley.login.'))) {
    const tags = [localStorage.getItem('parley.language') ?? '', ...navigator.languages, 'en'];
    const language = tags.map((tag) => tag.split('-')[0].toLowerCase()).find((tag) => tag in texts);
    for (const href of [...session, texts[language]]) {
      const link = document.createElement('link');
      link.rel = 'modulepreload';
      link.crossOrigin = '';
      link.href = href;
      document.head.append(link);
    }
  }
} catch {
  // Storage is disabled: no one is logged in.
}
