import type { ReactNode } from 'react';
import { t } from '../texts/index.ts';

/** The titles of the groups of server settings, in their order. The names are also the ids of their headings. */
const TITLES = {
  general: 'serverGroup.general',
  registration: 'serverGroup.registration',
  changes: 'serverGroup.changes',
  retention: 'serverGroup.retention',
  privacy: 'serverGroup.privacy',
  wordFilter: 'wordFilter.title',
} as const;

/** A group of server settings. */
export type SettingsGroupName = keyof typeof TITLES;

/** Links to the groups of server settings on the same page. */
export function GroupLinks() {
  return (
    <nav aria-label={t('server.onThisPage')}>
      <ul className="flex flex-wrap gap-2">
        {Object.entries(TITLES).map(([group, title]) => (
          <li key={group}>
            <a
              href={`#${group}`}
              className="inline-flex min-h-9 pointer-coarse:min-h-11 items-center rounded-full border border-line bg-raised px-3.5 text-sm text-soft transition-colors hover:bg-hover hover:text-ink"
            >
              {t(title)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The heading of a group, to which {@link GroupLinks} lead. */
export function GroupTitle({ group }: { group: SettingsGroupName }) {
  return (
    // Can be focused, so that a link to it moves the focus, too.
    <h2 id={group} tabIndex={-1} className="w-fit scroll-mt-4 rounded-sm font-semibold">
      {t(TITLES[group])}
    </h2>
  );
}

/** A group of settings within the form, in two columns where there is space. */
export function SettingsGroup({
  group,
  children,
}: {
  group: SettingsGroupName;
  children: ReactNode;
}) {
  return (
    <section
      aria-labelledby={group}
      className="grid grid-cols-1 gap-4 border-line border-t pt-5 first-of-type:border-t-0 first-of-type:pt-0 min-[480px]:grid-cols-2"
    >
      <div className="min-[480px]:col-span-2">
        <GroupTitle group={group} />
      </div>
      {children}
    </section>
  );
}
