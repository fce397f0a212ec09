import { type AccountId, type ConversationId, LIMITS } from '@parley/protocol';

/** Who is typing, by conversation. */
export type TypingMap = ReadonlyMap<ConversationId, readonly AccountId[]>;

/** Shortest interval between own typing signals, ms. */
const SEND_MS = 2_500;

/** Tracks who is typing: each signal lasts for some time, or until the message arrives. */
export class Typing {
  readonly #until = new Map<ConversationId, Map<AccountId, number>>();
  readonly #sentAt = new Map<ConversationId, number>();
  readonly #onChange: (typing: TypingMap) => void;
  #shown: TypingMap = new Map();

  constructor(onChange: (typing: TypingMap) => void) {
    this.#onChange = onChange;
  }

  /** Returns whether a typing signal of the user is due: none was sent just before. */
  maySend(conversation: ConversationId): boolean {
    const now = performance.now();
    if (now - (this.#sentAt.get(conversation) ?? Number.NEGATIVE_INFINITY) < SEND_MS) return false;
    this.#sentAt.set(conversation, now);
    return true;
  }

  /** Drops all signals. */
  clear(): void {
    this.#until.clear();
    this.#sentAt.clear();
    this.#shown = new Map();
  }

  /** Shows that a user is typing, for a few seconds. */
  started(conversation: ConversationId, account: AccountId): void {
    const until = this.#until.get(conversation) ?? new Map<AccountId, number>();
    until.set(account, performance.now() + LIMITS.typingMs);
    this.#until.set(conversation, until);
    this.#show(conversation);
    setTimeout(() => this.#show(conversation), LIMITS.typingMs + 50);
  }

  /** Ends the typing signal of a user, who has posted a message. */
  stopped(conversation: ConversationId, account: AccountId): void {
    if (this.#until.get(conversation)?.delete(account)) this.#show(conversation);
  }

  #show(conversation: ConversationId): void {
    const now = performance.now();
    const until = this.#until.get(conversation) ?? new Map<AccountId, number>();
    for (const [account, end] of until) if (end <= now) until.delete(account);
    const accounts = [...until.keys()];
    const before = this.#shown.get(conversation) ?? [];
    if (accounts.join() === before.join()) return;
    const typing = new Map(this.#shown);
    if (accounts.length > 0) typing.set(conversation, accounts);
    else typing.delete(conversation);
    this.#shown = typing;
    this.#onChange(typing);
  }
}
