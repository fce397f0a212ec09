import { type AccountId, type Mention, type NameOf, nameOfMentions } from '@parley/protocol';

/** The current names of the users whom a text mentions, for texts that are sent outside the web client. */

/** The columns of {@link mentionsOfMessage}. */
export interface WithMentions {
  readonly mentions: readonly Mention[] | null;
  /** Display names by account; null: none. */
  readonly names: Readonly<Record<AccountId, string>> | null;
}

/**
 * SQL: the mentions of a message, and the display names of the mentioned users who are members of its
 * conversation. Others are left out: a guest who reads the text may not know them.
 */
export const mentionsOfMessage = (message: string): string => `
  ${message}.mentions, (
    select json_object_agg(o.id, o.display_name)
    from jsonb_array_elements(${message}.mentions) x
    join memberships n on n.account_id = (x ->> 'id')::uuid and n.left_seq is null
      and n.conversation_id = ${message}.conversation_id
    join accounts o on o.id = n.account_id
    where x ->> 'kind' = 'user') as names`;

/** Returns what an excerpt of a message shows for its mentions: display names, as the conversation does. */
export const nameOfMessage = ({ mentions, names }: WithMentions): NameOf | undefined =>
  nameOfMentions(mentions, (mention) => {
    const name = mention.kind === 'user' ? names?.[mention.id] : undefined;
    return name === undefined ? undefined : `@${name}`;
  });
