import type {
  ClientId,
  CommandAnswer,
  ConversationId,
  Message,
  PollVotersPage,
  Seq,
} from '@parley/protocol';
import { query } from './query.ts';
import type { ReadOptions, RestSession } from './rest-session.ts';

/** Polls over REST. */
export class PollsApi {
  readonly #api: RestSession;

  constructor(api: RestSession) {
    this.#api = api;
  }

  /** Posts a poll; the question is the text of the message. */
  createPoll(
    conversation: ConversationId,
    poll: {
      question: string;
      choices: readonly string[];
      isMultiple?: boolean;
      endsAt?: string | null;
    },
    id?: ClientId,
  ): Promise<Message> {
    return this.#api.request('POST', `/conversations/${conversation}/polls`, { body: poll, id });
  }

  /**
   * Votes for choices of a poll, by their index, replacing an earlier vote; an empty list withdraws
   * it.
   */
  vote(
    conversation: ConversationId,
    message: Seq,
    choices: readonly number[],
    id?: ClientId,
  ): Promise<CommandAnswer> {
    const path = `/conversations/${conversation}/messages/${message}/poll/vote`;
    return this.#api.request('PUT', path, { body: { choices }, id });
  }

  /** Returns a page of the accounts that have voted for a choice, by its index, in the order of their votes. */
  voters(
    conversation: ConversationId,
    message: Seq,
    choice: number,
    request: { limit?: number; after?: string } = {},
    options: ReadOptions = {},
  ): Promise<PollVotersPage> {
    const path = `/conversations/${conversation}/messages/${message}/poll/choices/${choice}/voters`;
    return this.#api.request('GET', `${path}${query(request)}`, options);
  }

  /** Closes a poll. */
  closePoll(conversation: ConversationId, message: Seq, id?: ClientId): Promise<CommandAnswer> {
    return this.#api.request(
      'POST',
      `/conversations/${conversation}/messages/${message}/poll/close`,
      {
        id,
      },
    );
  }
}
