import { useState, useSyncExternalStore } from 'react';

/** Cache buster in the URL of the icon. */
let version = '';
const listeners = new Set<() => void>();

/** Reloads the icon of the server after it was changed. */
export function reloadLogo(icon: string | null): void {
  version = `?${icon ?? 'none'}`;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The icon of the server; the logo of Parley if it has none, or if it can’t be loaded. */
export function Logo({ size = 32 }: { size?: number }) {
  const current = useSyncExternalStore(subscribe, () => version);
  const [failed, setFailed] = useState<string | null>(null);
  return (
    <img
      src={failed === current ? '/icon.svg' : `/api/v1/server/icon${current}`}
      onError={() => setFailed(current)}
      width={size}
      height={size}
      alt=""
      className="shrink-0 rounded-logo"
    />
  );
}
