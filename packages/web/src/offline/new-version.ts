import { Listeners } from '../lib/listeners.ts';
import { serviceWorkerRegistration } from '../lib/service-worker.ts';

/**
 * The shortest interval between two checks for a new version, ms: a connection may be lost
 * repeatedly.
 */
const CHECK_EVERY_MS = 10_000;

/**
 * Whether there is a newer version of the web client than this page: stored and waiting, or already
 * used by another tab.
 */
class NewVersion {
  readonly #listeners = new Listeners();
  #isOffered = false;
  #isWatching = false;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #later: ReturnType<typeof setTimeout> | null = null;

  get = (): boolean => this.#isOffered;

  subscribe = this.#listeners.subscribe;

  /** Checks for a new version: the server may have been upgraded. */
  async check(): Promise<void> {
    const registration = await serviceWorkerRegistration();
    if (!registration) return;
    this.#watch(registration);
    const wait = this.#checkedAt + CHECK_EVERY_MS - performance.now();
    if (wait > 0) {
      this.#later ??= setTimeout(() => {
        this.#later = null;
        void this.check();
      }, wait);
      return;
    }
    this.#checkedAt = performance.now();
    // Fails without network: there is nothing to report then.
    await registration.update().catch(() => undefined);
  }

  /**
   * Reloads the page with the new version. Other tabs keep their version until they are reloaded
   * too.
   */
  async use(): Promise<void> {
    const waiting = (await serviceWorkerRegistration())?.waiting;
    if (!waiting) {
      location.reload();
      return;
    }
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
      once: true,
    });
    waiting.postMessage({ use: 'this-version' });
  }

  #watch(registration: ServiceWorkerRegistration): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { serviceWorker } = navigator;
    // The first worker of this browser has the version of this page.
    let controller = serviceWorker.controller;
    serviceWorker.addEventListener('controllerchange', () => {
      if (controller !== null) this.#offer();
      controller = serviceWorker.controller;
    });
    if (registration.waiting && controller) this.#offer();
    registration.addEventListener('updatefound', () => {
      const { installing } = registration;
      installing?.addEventListener('statechange', () => {
        if (installing.state === 'installed' && controller) this.#offer();
      });
    });
  }

  #offer(): void {
    this.#isOffered = true;
    this.#listeners.notify();
  }
}

/** The newer version of the web client, if there is one. */
export const newVersion = new NewVersion();
