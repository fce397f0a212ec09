import type { AccountId } from '@parley/protocol';
import { hasLink } from './message-keys.ts';
import type { Mentioned, Plan } from './plan.ts';

/** Reads candidates, and decides whether they match a search. */

/** A message that may match a search. Fields that the plan does not need are null or empty. */
export interface CandidateRow {
  n: number;
  author: AccountId;
  body: string;
  reaction: boolean | null;
  pin: boolean | null;
  poll: boolean | null;
  fileNames: string[];
  image: boolean;
  thread: boolean;
  saved: boolean | null;
  mentioned: boolean | null;
  notMentioned: boolean | null;
}

/** SQL: whether the message `g` mentions one of the accounts, or everyone. */
export const MENTIONED = (accounts: string, everyone: string): string => `(
  exists (
    select from mentions m
    where m.account_id = any(${accounts}::uuid[]) and m.conversation_id = g.conversation_id
      and m.message_seq = g.seq)
  or (${everyone} and coalesce(g.mentions @> '[{"kind": "everyone"}]', false)))`;

/** Returns the parameters of the condition {@link MENTIONED}, and whether it applies. */
export const mentionValues = (mentioned: Mentioned | null) => [
  mentioned !== null,
  [...(mentioned?.accounts ?? [])],
  mentioned?.everyone === true,
];

/** Returns whether a plan depends on the files of messages. */
export const needsFiles = ({ terms, excluded, has }: Plan): boolean =>
  terms.length + excluded.length > 0 || has.has('file') || has.has('image');

/** Returns whether a message matches a plan, apart from its text. */
export function hasProperties(row: CandidateRow, plan: Plan): boolean {
  const { authors, otherAuthors, has } = plan;
  if (authors && !authors.has(row.author)) return false;
  if (otherAuthors.has(row.author)) return false;
  if (row.mentioned === false || row.notMentioned === true) return false;
  const link = has.has('link') ? hasLink(row.body) : null;
  const { reaction, pin, poll, image, thread, saved, fileNames } = row;
  const file = fileNames.length > 0;
  const actual = { link, reaction, pin, poll, file, image, thread, saved };
  for (const [what, isWantedOne] of has) if (actual[what] !== isWantedOne) return false;
  return true;
}
