import type { TimelineMessage } from '@parley/client';
import type { Poll } from '@parley/protocol';
import { type ComponentProps, useMemo, useState } from 'react';
import { nameList } from '../lib/text.ts';
import { fullTime } from '../lib/time.ts';
import { lazyPart } from '../queries/lazy-part.tsx';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { attempt } from '../ui/attempt.ts';
import { Button } from '../ui/button.tsx';
import { useNames } from '../users/use-names.ts';
import { usePermissions } from './use-permissions.ts';

const PollVoters = lazyPart(async () => (await import('./poll-voters.tsx')).PollVoters);

/** The number of voters of a choice whose names are shown. */
const NAMES_MAX = 10;

/** Shows the choices of a poll with their votes; members vote by clicking until it is closed. */
export function PollView({ message, poll }: { message: TimelineMessage; poll: Poll }) {
  const client = useClient();
  const me = useParley((s) => s.me);
  const may = usePermissions(message);
  const [busy, setBusy] = useState(false);
  /** The choice whose voters are shown. */
  const [shown, setShown] = useState<number | null>(null);
  const { conversation, seq } = message;
  const isOver = poll.endsAt !== null && Date.parse(poll.endsAt) <= Date.now();
  const isClosed = poll.closedAt !== null || isOver;
  const own = poll.choices.flatMap(({ accounts }, n) =>
    me && accounts.includes(me.id) ? [n] : [],
  );
  const votersOf = useVoterNames(poll);
  const send = async (work: () => Promise<unknown>) => {
    setBusy(true);
    await attempt(work);
    setBusy(false);
  };
  const toggle = (n: number) => {
    if (busy) return;
    const others = poll.isMultiple ? own.filter((choice) => choice !== n) : [];
    const chosen = own.includes(n) ? others : [...others, n];
    void send(() => client.api.polls.vote(conversation, seq, chosen));
  };
  const close = async (button: HTMLElement) => {
    const article = button.closest('article');
    await send(() => client.api.polls.closePoll(conversation, seq));
    // The button is removed.
    article?.focus({ preventScroll: true });
  };
  const mayClose = !isClosed && (message.author === me?.id || may('delete'));
  return (
    <>
      <fieldset className="mt-1.5 max-w-md">
        <legend className="sr-only">{t('poll.choices')}</legend>
        {poll.choices.map((choice, n) => (
          <Choice
            key={choice.text}
            choice={choice}
            share={poll.voters === 0 ? 0 : Math.round((choice.votes / poll.voters) * 100)}
            voters={votersOf(choice)}
            input={{
              type: poll.isMultiple ? 'checkbox' : 'radio',
              name: `poll ${conversation} ${seq}`,
              checked: own.includes(n),
              disabled: isClosed || !may('react'),
              onChange: () => toggle(n),
              // A radio button that is checked gets no change.
              onClick: () => !poll.isMultiple && own.includes(n) && toggle(n),
            }}
            onShowVoters={() => setShown(n)}
          />
        ))}
        <p className="flex min-h-8 items-center gap-3 text-note text-muted">
          {isClosed ? t('poll.closed') : howToVote(poll)}
          {mayClose && (
            <Button
              look="quiet"
              className="min-h-8 px-2"
              busy={busy}
              onClick={(event) => void close(event.currentTarget)}
            >
              {t('poll.close')}
            </Button>
          )}
        </p>
      </fieldset>
      {shown !== null && (
        <PollVoters
          conversation={conversation}
          message={seq}
          choice={shown}
          text={poll.choices[shown]?.text ?? ''}
          onClose={() => setShown(null)}
        />
      )}
    </>
  );
}

/** Returns until when an open poll can be voted in, or how many choices a member may vote for. */
function howToVote({ endsAt, isMultiple }: Poll): string {
  if (endsAt !== null) return t('poll.endsAt', { time: fullTime(endsAt) });
  return isMultiple ? t('poll.several') : t('poll.one');
}

/** Returns the names of the first voters of each choice. */
function useVoterNames(poll: Poll): (choice: Poll['choices'][number]) => string {
  const nameOf = useNames(
    useMemo(() => {
      const named = new Set(poll.choices.flatMap(({ accounts }) => accounts.slice(0, NAMES_MAX)));
      return [...named];
    }, [poll]),
  );
  return ({ accounts }) => nameList(accounts.slice(0, NAMES_MAX).map(nameOf));
}

/** One choice of a poll: the bar of its share, the field that votes for it, and its number of votes. */
function Choice({
  choice: { text, votes },
  share,
  voters,
  input,
  onShowVoters,
}: {
  choice: Poll['choices'][number];
  /** The share of the voters who chose it, percent. */
  share: number;
  /** The names of some voters. */
  voters: string;
  /** The properties of the checkbox or radio button. */
  input: ComponentProps<'input'>;
  onShowVoters: () => void;
}) {
  return (
    <div className="relative mb-1 flex min-h-10 pointer-coarse:min-h-11 items-center overflow-hidden rounded-lg border border-edge/70 text-sm has-focus-visible:ring-3 has-focus-visible:ring-accent/20">
      <progress
        max={100}
        value={share}
        aria-hidden="true"
        className="pointer-events-none absolute inset-0 h-full w-full appearance-none bg-transparent [&::-moz-progress-bar]:bg-accent-soft [&::-webkit-progress-bar]:bg-transparent [&::-webkit-progress-value]:bg-accent-soft"
      />
      <label className="flex min-h-10 pointer-coarse:min-h-11 min-w-0 flex-1 cursor-pointer items-center gap-2 ps-3 has-disabled:cursor-default">
        <input {...input} className="relative z-1 size-4 shrink-0 accent-(--accent)" />
        <bdi className="wrap-anywhere relative z-1 flex-1 py-1.5">{text}</bdi>
      </label>
      {votes === 0 ? (
        <span className="relative z-1 px-3 text-muted tabular-nums">
          {t('poll.votes', { count: votes })}
        </span>
      ) : (
        <button
          type="button"
          title={voters}
          aria-label={t('poll.showVoters', {
            votes: t('poll.votes', { count: votes }),
            choice: text,
          })}
          className="-outline-offset-2 relative z-1 min-h-10 rounded-lg pointer-coarse:min-h-11 shrink-0 px-3 text-muted tabular-nums underline-offset-2 hover:underline"
          onClick={onShowVoters}
        >
          {t('poll.votes', { count: votes })}
        </button>
      )}
    </div>
  );
}
