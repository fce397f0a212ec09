import type { HistoryRecord, RecordOf } from '../history/history.ts';
import type { Log } from './log.ts';
import type { MembershipPeriod } from './model.ts';
import { of, type Violation } from './violation.ts';

const RULE = 'I17 guests';

/**
 * I17: a guest learns only of conversations that it had been a member of by then, and of accounts
 * that had been members of one of these or had acted there, like an admin who invites guests.
 * Answers to its requests contain only conversations that it is a member of; lists, searches,
 * suggestions, profiles and the presence at the start of a connection contain only accounts that
 * currently share one with it. It joins no group by itself.
 */
export function checkGuests(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
): Violation[] {
  const learned = of(history, 'told');
  // A restore undoes memberships that guests had.
  if (learned.length === 0 || of(history, 'restored').length > 0) return [];
  const times = new Memberships(history, logs);
  const named = learned.flatMap((record) => {
    const { client, by, ids, t } = record;
    return ids
      .filter((id) => !mayBeTold(record, id, times))
      .map((id) => ({ rule: RULE, client, what: `${by} at ${t} ms names ${id}` }));
  });
  return [...named, ...checkJoins(history, logs, new Set(learned.map((r) => r.account)))];
}

/** Returns the groups that guests have joined by themselves. */
function checkJoins(
  history: readonly HistoryRecord[],
  logs: ReadonlyMap<string, Log>,
  guests: ReadonlySet<string>,
): Violation[] {
  return of(history, 'invoke').flatMap(({ client, account, id, op, conversation }) => {
    if (op !== 'join' || !guests.has(account)) return [];
    const joined = logs.get(conversation)?.events.find((event) => event.client === id);
    if (!joined) return [];
    const what = `has joined by itself at ${joined.seq}`;
    return [{ rule: RULE, client, stream: conversation, id, what }];
  });
}

function mayBeTold(
  { account, since, isNow, t }: RecordOf<'told'>,
  id: string,
  times: Memberships,
): boolean {
  const from = since ?? Number.NEGATIVE_INFINITY;
  if (times.isConversation(id)) return times.isMember(account, id, from, t);
  const accountFrom = isNow ? from : Number.NEGATIVE_INFINITY;
  return (
    times.shareOne(account, id, { guestFrom: from, accountFrom, to: t }) ||
    (!isNow && times.hasActed(account, id, from, t))
  );
}

/**
 * A time in which an account may have been a member: from the first attempt to start the membership
 * to the answer that ended it.
 */
interface Time {
  readonly from: number;
  readonly to: number;
}

/** When accounts may have been members of conversations. */
class Memberships {
  readonly #logs: ReadonlyMap<string, Log>;
  readonly #invoked: ReadonlyMap<string, number>;
  readonly #answered = new Map<string, number>();

  constructor(history: readonly HistoryRecord[], logs: ReadonlyMap<string, Log>) {
    this.#logs = logs;
    this.#invoked = new Map(of(history, 'invoke').map((r) => [r.id as string, r.t]));
    for (const { stream, seq, t } of of(history, 'ack')) {
      const place = `${stream} ${seq}`;
      this.#answered.set(place, Math.min(t, this.#answered.get(place) ?? t));
    }
  }

  isConversation(id: string): boolean {
    return this.#logs.has(id);
  }

  /** Returns whether an account may have been a member of a conversation at some time. */
  isMember(account: string, conversation: string, from: number, to: number): boolean {
    const log = this.#logs.get(conversation);
    return (
      log !== undefined && this.#timesOf(log, account).some((p) => p.from <= to && p.to >= from)
    );
  }

  /** Returns whether a guest and an account may have been members of one conversation. */
  shareOne(
    guest: string,
    account: string,
    { guestFrom, accountFrom, to }: { guestFrom: number; accountFrom: number; to: number },
  ): boolean {
    return [...this.#logs.keys()].some(
      (id) =>
        this.isMember(guest, id, guestFrom, to) && this.isMember(account, id, accountFrom, to),
    );
  }

  /** Returns whether an account acted in a conversation of a guest, without being a member. */
  hasActed(guest: string, account: string, from: number, to: number): boolean {
    return [...this.#logs].some(
      ([id, { events }]) =>
        events.some(({ actor }) => actor === account) && this.isMember(guest, id, from, to),
    );
  }

  #timesOf(log: Log, account: string): Time[] {
    return log.periodsOf(account).map((period) => this.#timeOf(log, period));
  }

  #timeOf(log: Log, { joined, left }: MembershipPeriod): Time {
    // Memberships from before the run have no command in the history.
    const from = this.#invoked.get(log.at(joined)?.client ?? '') ?? Number.NEGATIVE_INFINITY;
    const to = left === null ? undefined : this.#answered.get(`${log.stream} ${left}`);
    return { from, to: to ?? Number.POSITIVE_INFINITY };
  }
}
