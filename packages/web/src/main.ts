import '@fontsource-variable/inter/wght.css';
import { deletions, flushWhenHidden } from './lib/delayed.ts';
import { ignoreInputMethodKeys } from './lib/input-method.ts';
import { loadStartPart } from './lib/load-error.ts';
import { currentLogin } from './session/login-record.ts';
import { resumeSession } from './session/session.ts';
import { loadTexts } from './texts/index.ts';
import './styles.css';
import './text-direction.css';

/** The longest wait for the requests of the session to be sent, ms. */
const HEAD_START_MS = 100;

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
  const texts = loadTexts();
  const resumed = resumeSession();
  if (currentLogin()) {
    // If it fails to load, the router tries again and shows the error.
    import('./app/main-pages.ts').catch(() => undefined);
    // The application takes the processor for a while, during which the answers arrive.
    await Promise.race([resumed, new Promise((resolve) => setTimeout(resolve, HEAD_START_MS))]);
  }
  const { render } = await loadStartPart(() => import('./application.tsx'));
  await Promise.all([texts, resumed]);
  render();
}
