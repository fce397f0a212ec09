/** Renders a section of the sidebar with a heading. */
export function Section({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <section className="mt-2">
      <div className="flex h-9 items-center justify-between pr-1 pl-2.5">
        <h2 className="font-semibold text-[13px] text-muted">{title}</h2>
        <div className="flex">{actions}</div>
      </div>
      <ul>{children}</ul>
    </section>
  );
}
