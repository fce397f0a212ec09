import { useState } from 'react';
import { SharedValue } from '../lib/shared-value.ts';

/** Cache buster in the URL of the icon. */
const version = new SharedValue('');

/** Reloads the icon of the server after it was changed. */
export function reloadLogo(icon: string | null): void {
  version.set(`?${icon ?? 'none'}`);
}

/** The icon of the server; the logo of Parley if it has none, or if it can’t be loaded. */
export function Logo({ size = 32 }: { size?: number }) {
  const current = version.use();
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
