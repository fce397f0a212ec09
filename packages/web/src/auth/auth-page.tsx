import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Logo } from '../ui/logo.tsx';

/** The frame of the pages before log-in: what Parley is on one side, the form on the other. */
export function AuthPage({
  title,
  intro,
  children,
  other,
}: {
  title: string;
  intro: string;
  children: ReactNode;
  other: ReactNode;
}) {
  return (
    <div className="grid min-h-dvh lg:grid-cols-[1.05fr_1fr]">
      <aside className="relative hidden flex-col justify-between overflow-hidden bg-sidebar p-12 lg:flex">
        <Link to="/" className="flex items-center gap-3 font-semibold text-lg">
          <Logo size={36} /> Parley
        </Link>
        <div className="max-w-md">
          <h2 className="text-balance font-semibold text-4xl leading-tight tracking-tight">
            What you were told is sent, is sent.
          </h2>
          <p className="mt-5 text-lg text-muted leading-relaxed">
            Team chat on your own server. Every message is stored before it is acknowledged, reaches
            everybody once, and in the same order for all.
          </p>
          <Preview />
        </div>
        <p className="text-muted text-sm">
          Open source, self-hosted.{' '}
          <a className="underline underline-offset-3 hover:text-ink" href="/docs">
            API reference
          </a>
        </p>
      </aside>
      <main className="flex flex-col justify-center px-5 py-10 sm:px-10">
        <div className="mx-auto w-full max-w-sm">
          <div className="mb-8 flex items-center gap-3 font-semibold text-lg lg:hidden">
            <Logo size={36} /> Parley
          </div>
          <h1 className="font-semibold text-2xl tracking-tight">{title}</h1>
          <p className="mt-2 mb-7 text-muted">{intro}</p>
          {children}
          <p className="mt-7 text-muted text-sm">{other}</p>
        </div>
      </main>
    </div>
  );
}

/** A still of a conversation, drawn with the same shapes as the real one. */
function Preview() {
  const lines = [
    ['var(--accent)', 'w-40', 'w-64'],
    ['var(--ok)', 'w-28', 'w-52'],
    ['var(--warn)', 'w-36', 'w-72'],
  ] as const;
  return (
    <div
      aria-hidden="true"
      className="mt-10 rounded-2xl border border-line bg-canvas p-5 shadow-(--shadow)"
    >
      {lines.map(([color, short, long], i) => (
        <div key={color} className="flex gap-3 py-2.5">
          <span
            className="size-9 shrink-0 rounded-[32%]"
            style={{ background: color, opacity: 0.85 }}
          />
          <span className="flex flex-1 flex-col gap-2 pt-1.5">
            <span className={`h-2.5 rounded-full bg-sunken ${short}`} />
            <span className={`h-2.5 rounded-full bg-sunken ${long}`} />
          </span>
          {i === 2 && <span className="self-end text-ok text-xs">✓✓</span>}
        </div>
      ))}
    </div>
  );
}
