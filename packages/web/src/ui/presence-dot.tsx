import type { PresenceState } from '@parley/protocol';

/** What is shown of the presence of a user; `busy`: does not want to be disturbed. */
export type ShownPresence = PresenceState | 'busy';

/** Shows a presence; each has its own shape, not only a color. Nothing for offline. */
export function PresenceDot({ presence, size }: { presence: ShownPresence; size: number }) {
  if (presence === 'offline') return null;
  return (
    <svg
      viewBox="0 0 12 12"
      width={size}
      height={size}
      aria-hidden="true"
      className="absolute -end-0.5 -bottom-0.5"
    >
      <circle cx="6" cy="6" r="6" className="fill-sidebar" />
      {presence === 'active' && <circle cx="6" cy="6" r="4.2" className="fill-ok" />}
      {presence === 'idle' && (
        <path d="M6.6,1.9a4.2,4.2,0,1,0,3.5,5.4A3.4,3.4,0,0,1,6.6,1.9z" className="fill-warn" />
      )}
      {presence === 'busy' && (
        <>
          <circle cx="6" cy="6" r="4.2" className="fill-danger" />
          <rect x="3.6" y="5.3" width="4.8" height="1.4" rx="0.7" className="fill-sidebar" />
        </>
      )}
    </svg>
  );
}
