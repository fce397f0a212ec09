/** What is wrong with a whole form; read out when it appears. */
export function Problem({ text }: { text: string | null }) {
  return (
    <div
      role="alert"
      className={
        text ? 'rounded-lg bg-danger-soft px-3.5 py-2.5 text-danger text-sm' : 'empty:hidden'
      }
    >
      {text}
    </div>
  );
}

/** Something worth knowing, and nothing wrong. */
export function Notice({ text }: { text: string }) {
  return (
    <p role="status" className="rounded-lg bg-accent-soft px-3.5 py-2.5 text-ink text-sm">
      {text}
    </p>
  );
}
