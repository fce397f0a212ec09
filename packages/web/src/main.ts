import '@fontsource-variable/inter/wght.css';
import { deletions, flushWhenHidden } from './lib/delayed.ts';
import { ignoreInputMethodKeys } from './lib/input-method.ts';
import { loadPart } from './lib/load-error.ts';
import { currentLogin } from './session/login-record.ts';
import { resumeSession } from './session/session.ts';
import { loadTexts } from './texts/index.ts';
import './styles.css';
import './text-direction.css';

ignoreInputMethodKeys(window);
flushWhenHidden(deletions, document);

// Not awaited here: the other scripts import this one, and would wait for it while it waits for them.
start().catch((error: unknown) => {
  // Shown by load-error.js, which needs no other script.
  window.dispatchEvent(new Event('parley:load-failed'));
  throw error;
});

/** Resumes the session while the application is being loaded, and shows it. */
async function start(): Promise<void> {
  const application = loadPart(() => import('./application.tsx'));
  // If it fails to load, the router tries again and shows the error.
  if (currentLogin()) import('./app/main-pages.ts').catch(() => undefined);
  const [{ render }] = await Promise.all([application, loadTexts(), resumeSession()]);
  render();
}
