import type { ParleyClient } from '@parley/client';
import { useEffect } from 'react';
import { SharedValue } from '../lib/shared-value.ts';
import { setSetupSteps } from './setup-steps.ts';

/** Where the browser keeps the name, so that a page shows it before the server has answered. */
const KEY = 'parley.server-name';

/** The name of a server that was never given one. */
const DEFAULT = 'Parley';

const serverName = new SharedValue(storedName() ?? DEFAULT);

function storedName(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // The browser blocks storage.
    return null;
  }
}

function change(to: string): void {
  serverName.set(to);
  try {
    localStorage.setItem(KEY, to);
  } catch {
    // The browser blocks storage: the name is requested at every start.
  }
}

/** Returns the name of the server. */
export const useServerName = serverName.use;

/** Requests the name of the server and its remaining setup steps, and follows their changes. */
export function useServerNameOf(client: ParleyClient): void {
  useEffect(() => {
    client.api.serverSettings().then(
      (settings) => {
        change(settings.name);
        setSetupSteps(settings.setupSteps);
      },
      // Offline: the last known name is kept.
      () => undefined,
    );
    return client.onEvent((event) => {
      if (event.type !== 'server.updated') return;
      const { name, setupSteps } = event.data;
      if (name !== undefined) change(name);
      if (setupSteps !== undefined) setSetupSteps(setupSteps);
    });
  }, [client]);
}
