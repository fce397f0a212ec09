import type { EventOf, Poll } from '@parley/protocol';

/**
 * Returns the poll after an account votes for exactly these choices. If the event lacks its earlier
 * choices, as in earlier versions, they are those that list it as a voter.
 */
export function withVote(
  poll: Poll | null,
  { actor, data: { choices: chosen, before } }: EventOf<'poll.voted'>,
): Poll | null {
  if (!poll) return null;
  const named = poll.choices.flatMap(({ accounts }, n) => (accounts.includes(actor) ? [n] : []));
  const earlier = before ?? named;
  const choices = poll.choices.map(({ text, votes, accounts }, n) => {
    const others = accounts.filter((account) => account !== actor);
    return {
      text,
      votes: votes + one(chosen.includes(n)) - one(earlier.includes(n)),
      accounts: chosen.includes(n) ? [...others, actor] : others,
    };
  });
  const voters = poll.voters + one(chosen.length > 0) - one(earlier.length > 0);
  return { ...poll, choices, voters };
}

const one = (is: boolean): number => (is ? 1 : 0);

/**
 * Returns a poll with the counts of its votes, which polls stored by earlier versions lack: they
 * list all voters.
 */
export function withCounts(poll: Poll | null | undefined): Poll | null {
  if (!poll) return null;
  const { choices, voters }: { choices: Poll['choices']; voters?: number } = poll;
  if (voters !== undefined) return poll;
  return {
    ...poll,
    choices: choices.map((choice) => ({ ...choice, votes: choice.accounts.length })),
    voters: new Set(choices.flatMap(({ accounts }) => accounts)).size,
  };
}
