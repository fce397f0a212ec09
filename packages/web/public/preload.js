// Requests the scripts that the first page needs together with those of every page: those of a conversation if someone is
// logged in (session/login-record.ts), or else those of the page for visitors, and the texts in the language that will be
// shown (texts/languages.ts). The main script would ask for them only when it runs.
try {
  const { session, visitor, texts } = JSON.parse(document.currentScript.dataset.scripts);
  const isVisitor = !Object.keys(localStorage).some((key) => key.startsWith('parley.login.'));
  const tags = [localStorage.getItem('parley.language') ?? '', ...navigator.languages, 'en'];
  const languages = tags.map((tag) => tag.split('-')[0].toLowerCase());
  const language = languages.find((tag) => tag in texts.start);
  const hrefs = [...(isVisitor ? visitor : session), texts.start[language]];
  if (isVisitor) hrefs.push(texts.rest[language]);
  for (const href of hrefs) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.crossOrigin = '';
    link.href = href;
    document.head.append(link);
  }
} catch {
  // Storage is disabled: no one is logged in. Or this is a development server, which has no such scripts.
}
