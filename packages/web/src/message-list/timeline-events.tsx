import type { AccountId, TimelineEvent } from '@parley/protocol';
import { Archive, type LucideIcon, Pencil, UserMinus, UserPlus } from 'lucide-react';
import { Fragment, type ReactNode, useMemo } from 'react';
import { JoinedList } from '../lib/joined-list.tsx';
import { fullTime, timeOfDay } from '../lib/time.ts';
import { useAuthorName } from '../messages/message-author.tsx';
import { t } from '../texts/index.ts';
import { RichText } from '../texts/rich-text.tsx';
import { UserName } from '../users/user-name.tsx';
import { DayLine } from './day-label.tsx';
import { linesByDay, type TimelineLine } from './timeline-lines.ts';

/** The number of users whose names a line shows; more are counted. */
const NAMES = 3;

/** Shows what happened between two messages, by day: who joined or left, and what was changed. */
export function TimelineEvents({
  events,
  before,
  after,
}: {
  events: readonly TimelineEvent[];
  /** A time of the day below whose name they are shown; absent: there is none. */
  before?: string | undefined;
  /** The time of the message below. */
  after?: string;
}) {
  const days = useMemo(() => linesByDay(events, { before, after }), [events, before, after]);
  return days.map(({ at, isNamed, lines }) => (
    <Fragment key={at}>
      {isNamed && <DayLine at={at} />}
      {lines.length > 0 && (
        <div className="py-1.5">
          {lines.map((line) => (
            <Line key={line.key} line={line} />
          ))}
        </div>
      )}
    </Fragment>
  ));
}

function Line({ line }: { line: TimelineLine }) {
  const Icon = iconOf(line);
  return (
    <div className="flex gap-3 px-4 py-0.5 text-muted text-note sm:px-5">
      <span className="flex w-9 shrink-0 justify-end pt-0.5">
        <Icon size={14} aria-hidden="true" />
      </span>
      <p className="min-w-0 flex-1 break-words">
        {textOf(line)}{' '}
        <time
          dateTime={line.at}
          title={fullTime(line.at)}
          className="ms-1 whitespace-nowrap text-caption tabular-nums"
        >
          {timeOfDay(line.at)}
        </time>
      </p>
    </div>
  );
}

function iconOf({ kind }: TimelineLine): LucideIcon {
  if (kind === 'joined' || kind === 'added') return UserPlus;
  if (kind === 'left' || kind === 'removed') return UserMinus;
  return kind === 'archived' || kind === 'restored' ? Archive : Pencil;
}

function textOf(line: TimelineLine): ReactNode {
  switch (line.kind) {
    case 'joined':
    case 'left':
      return (
        <RichText
          text={`timelineEvents.${line.kind}`}
          parts={{ names: <Names of={line.accounts} /> }}
          values={{ count: line.accounts.length }}
        />
      );
    case 'added':
    case 'removed':
      return (
        <RichText
          text={`timelineEvents.${line.kind}`}
          parts={{ actor: <Name of={line.actor} />, names: <Names of={line.accounts} /> }}
        />
      );
    case 'renamed':
    case 'changedTopic':
      return (
        <RichText
          text={`timelineEvents.${line.kind}`}
          parts={{ actor: <Name of={line.actor} />, text: <bdi>{line.text}</bdi> }}
        />
      );
    default:
      return (
        <RichText
          text={`timelineEvents.${line.kind}`}
          parts={{ actor: <Name of={line.actor} /> }}
        />
      );
  }
}

function Name({ of: id }: { of: AccountId }) {
  const name = useAuthorName(id);
  return <UserName id={id} name={name} />;
}

function Names({ of: ids }: { of: readonly AccountId[] }) {
  const shown = ids.length > NAMES ? ids.slice(0, NAMES - 1) : ids;
  return (
    <JoinedList>
      {shown.map((id) => (
        <Name key={id} of={id} />
      ))}
      {ids.length > shown.length && t('common.others', { count: ids.length - shown.length })}
    </JoinedList>
  );
}
