import type { ActivityItem, ActivityKind, ReadActivityBody } from '@parley/protocol';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Bell, CheckCheck } from 'lucide-react';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { dayName } from '../lib/time.ts';
import { keys } from '../queries/keys.ts';
import { pagesQuery } from '../queries/pages-query.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { attempt } from '../ui/attempt.ts';
import { Button } from '../ui/button.tsx';
import { Chip } from '../ui/chip.tsx';
import { Empty } from '../ui/empty.tsx';
import { ListPage } from '../ui/list-page.tsx';
import { Loading } from '../ui/loading.tsx';
import { ShowMore } from '../ui/show-more.tsx';
import { useNames } from '../users/use-names.ts';
import { Row } from './activity-row.tsx';
import { activityDays } from './groups.ts';

/** Which items are listed. */
interface Filter {
  readonly text: PlainKey;
  readonly kinds?: readonly ActivityKind[];
  readonly unread?: true;
}

const FILTERS: readonly [Filter, ...Filter[]] = [
  { text: 'activity.all' },
  { text: 'activity.unread', unread: true },
  { text: 'activity.mentions', kinds: ['mention'] },
  { text: 'activity.threads', kinds: ['reply'] },
  { text: 'activity.reactions', kinds: ['reaction'] },
  {
    text: 'activity.other',
    kinds: ['added', 'removed', 'reminder', 'report', 'scheduled', 'new_user'],
  },
];

const NONE: readonly ActivityItem[] = [];

/** Lists the activity of the user, the latest first. */
export function ActivityPage() {
  const client = useClient();
  const { unread } = useParley((s) => s.activity);
  const [filter, setFilter] = useState(FILTERS[0]);
  const { kinds, unread: isUnread } = filter;
  const request = { ...(kinds && { kinds }), ...(isUnread && { unread: true }) };
  const pages = useInfiniteQuery({
    ...pagesQuery(
      keys.activity(request),
      (after: string | undefined, options) =>
        client.api.activity.list({ ...request, ...(after !== undefined && { after }) }, options),
      ({ id }) => id,
    ),
    placeholderData: keepPreviousData,
  });
  const { data } = pages;
  const items = data?.items ?? NONE;
  const days = useMemo(() => activityDays(items), [items]);
  const nameOf = useNames(
    useMemo(() => items.flatMap((i) => [...(i.actor ? [i.actor] : []), ...i.actors]), [items]),
  );
  const read = (of: ReadActivityBody['items']) => void attempt(() => client.activity.read(of));
  const list = useRef<HTMLDivElement>(null);
  return (
    <ListPage
      title={t('activity.title')}
      actions={
        unread > 0 && (
          <Button onClick={() => void attempt(() => client.activity.readAll())}>
            <CheckCheck size={16} /> {t('activity.markAllRead')}
          </Button>
        )
      }
    >
      <Filters chosen={filter} onChoose={setFilter} />
      {data === undefined ? (
        <Loading of={pages} />
      ) : items.length === 0 ? (
        <Empty icon={<Bell size={22} />} title={t('activity.none')}>
          {t('activity.noneHint')}
        </Empty>
      ) : (
        // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys move between the links in it
        <div ref={list} onKeyDown={(event) => move(event, list.current)}>
          {days.map(({ key, at, rows }) => (
            <section key={key} aria-label={dayName(at)}>
              <h2 className="px-2 pt-3 pb-1 font-semibold text-caption text-muted">
                {dayName(at)}
              </h2>
              <ul>
                {rows.map((row) => (
                  <Row key={row.key} row={row} nameOf={nameOf} onRead={read} />
                ))}
              </ul>
            </section>
          ))}
        </div>
      )}
      <ShowMore of={pages} className="mt-2">
        {t('activity.more')}
      </ShowMore>
    </ListPage>
  );
}

function Filters({ chosen, onChoose }: { chosen: Filter; onChoose: (filter: Filter) => void }) {
  return (
    <fieldset className="mb-1 flex flex-wrap gap-1.5 px-1" aria-label={t('activity.filters')}>
      {FILTERS.map((filter) => (
        <Chip key={filter.text} isOn={filter === chosen} onClick={() => onChoose(filter)}>
          {t(filter.text)}
        </Chip>
      ))}
    </fieldset>
  );
}

/** Moves the focus to the next or previous item with the arrow keys. */
function move(event: KeyboardEvent, list: HTMLElement | null): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const targets = [
    ...(list?.querySelectorAll<HTMLElement>('[data-activity], [data-activity-user] > button') ??
      []),
  ];
  const at = targets.findIndex((target) => target.contains(document.activeElement));
  if (at < 0) return;
  event.preventDefault();
  targets[at + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
}
