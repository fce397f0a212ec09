import { useSyncExternalStore } from 'react';

/** What changes the address of the icon, so that it is loaded again. */
let version = '';
const listeners = new Set<() => void>();

/** Shows the icon of the server again, after it was changed. */
export function reloadLogo(icon: string | null): void {
  version = `?${icon ?? 'none'}`;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The icon of the server; the logo of Parley if it has none. */
export function Logo({ size = 32 }: { size?: number }) {
  const current = useSyncExternalStore(subscribe, () => version);
  return (
    <img
      src={`/api/v1/server/icon${current}`}
      width={size}
      height={size}
      alt=""
      className="shrink-0 rounded-logo"
    />
  );
}
